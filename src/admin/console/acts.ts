import { type Html, html } from './html.ts';
import type { View } from './page.ts';
import { pill } from './parts.ts';

/** What the buttons need to know of a delivery. */
export type Actable = {
  readonly id: number;
  readonly account: string;
  readonly entity: string;
  readonly key: string;
  readonly state: string;
};

/** Forms post JSON to the routes under /v1 that the commands use too; see assets/console.js. */
function form(options: { readonly path: string; readonly done: string; readonly fields: Html }): Html {
  return html`<form class="act" hx-post="${options.path}" hx-ext="json" hx-swap="none" hx-disabled-elt="find button" data-done="${options.done}">${options.fields}</form>`;
}

/** A button that does one thing, without asking for anything. */
export function actButton(options: {
  readonly path: string;
  readonly done: string;
  readonly title: string;
  readonly primary?: boolean;
  readonly fields?: Html;
}): Html {
  const button = html`<button type="submit"${options.primary ? html` class="primary"` : ''}>${options.title}</button>`;
  return form({ ...options, fields: html`${options.fields}${button}` });
}

/** What a person can do about a delivery that waits for one. Nothing for those who may only look. */
export function actsOn(view: View, delivery: Actable, can: { readonly resync: boolean }): Html | undefined {
  if (!view.mayAct) return undefined;
  const { t } = view;
  const path = `/v1/deliveries/${delivery.id}`;
  const retry = actButton({ path: `${path}/retry`, done: t('doneRetry'), title: t('retry'), primary: true });
  return html`<div class="acts">
${retry}
${can.resync ? resyncButton(view, delivery) : ''}
${bindForm(view, delivery)}
${dropForm(view, delivery, path)}
</div>`;
}

/** Reads one record anew from the ERP. */
export function resyncButton({ t }: View, { account, entity, key }: Omit<Actable, 'id' | 'state'>): Html {
  const fields = html`<input type="hidden" name="account" value="${account}"><input type="hidden" name="entity" value="${entity}"><input type="hidden" name="keys[]" value="${key}">`;
  return actButton({ path: '/v1/resync', done: t('doneResync'), title: t('resync'), fields });
}

/** Says which id the platform has for a record. */
export function bindForm({ t }: View, { account, entity, key }: Omit<Actable, 'id' | 'state'>): Html {
  const id = `bind-${entity}-${key}`;
  const fields = html`<input type="hidden" name="account" value="${account}"><input type="hidden" name="entity" value="${entity}"><input type="hidden" name="key" value="${key}">
<label for="${id}">${t('bindId')}</label><input id="${id}" name="platformId" required maxlength="128" autocomplete="off">
<label class="check"><input type="checkbox" name="replace"> ${t('bindReplace')}</label>
<button type="submit" class="primary">${t('bindSure')}</button>`;
  return html`<details><summary class="button">${t('bind')}</summary>${form({ path: '/v1/bindings', done: t('doneBind'), fields })}</details>`;
}

function dropForm({ t }: View, { id }: Actable, path: string): Html {
  const field = `drop-${id}`;
  const fields = html`<label for="${field}">${t('dropNote')}</label><input id="${field}" name="note" required maxlength="500" autocomplete="off">
<button type="submit" class="danger">${t('dropSure')}</button>`;
  return html`<details><summary class="button">${t('drop')}</summary>${form({ path: `${path}/drop`, done: t('doneDrop'), fields })}</details>`;
}

/** Says in place of the buttons why there are none. */
export function readOnlyNote({ t, mayAct }: View): Html | undefined {
  return mayAct ? undefined : html`<p>${pill('quiet', t('readOnly'))} ${t('readOnlyWhy')}</p>`;
}
