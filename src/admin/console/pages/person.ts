import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ENTITIES } from '../../../config/entities.ts';
import { type ListedDelivery, listDeliveries } from '../../../ledger/listing.ts';
import { readRequest } from '../../request.ts';
import { actButton, actsOn, readOnlyNote } from '../acts.ts';
import { type Html, html } from '../html.ts';
import { clock } from '../layout.ts';
import type { Console, View } from '../page.ts';
import { olderLink, reasonWords, recordLink, statePill } from '../parts.ts';
import { explain } from '../reason.ts';
import { sendPage, viewOf } from '../view.ts';

const PAGE = 30;

const query = z.object({
  entity: z.string().max(32).optional(),
  before: z.coerce.number().int().positive().optional(),
});

/** `/person`: what waits for a person: why, and the buttons that settle it. */
export function addPersonPage(app: FastifyInstance, console: Console): void {
  app.get('/person', async (request, reply) => {
    const view = viewOf(request);
    const { entity, before } = readRequest(query, request.query);
    const filter = { states: ['dead'], entity, interface: undefined, q: undefined, before, limit: PAGE };
    const { deliveries, next } = await listDeliveries(console.context.database, filter, ENTITIES);
    const older = next === undefined ? undefined : `/person?${searchOf({ entity, before: next })}`;
    const body = html`<h1>${view.t('personTitle')}</h1>
<p class="help">${view.t('personHelp')}</p>
${readOnlyNote(view)}
${kinds(view, entity)}
${before === undefined && refusedAccounts(view, console)}
${list(view, console, deliveries, { isFirst: before === undefined })}
${olderLink(view.t, older)}`;
    return sendPage(request, reply, console, {
      title: view.t('personTitle'),
      section: 'person',
      refresh: 'acts',
      body,
    });
  });
}

function searchOf(values: Readonly<Record<string, string | number | undefined>>): URLSearchParams {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (value !== undefined) search.set(name, String(value));
  return search;
}

function kinds({ t, word }: View, chosen: string | undefined): Html {
  const link = (entity: string | undefined, title: string): Html =>
    html`<a href="/person?${searchOf({ entity }).toString()}"${entity === chosen && html` aria-current="true"`}>${title}</a>`;
  return html`<nav class="kinds" aria-label="${t('entity')}">${link(undefined, t('allKinds'))} ${ENTITIES.map((entity) => [link(entity, word('entity', entity)), ' '])}</nav>`;
}

/** A refused log-in holds up everything of its account, and no delivery says so. */
function refusedAccounts({ t, mayAct }: View, { context }: Console): Html[] {
  const tryNow = actButton({
    path: '/v1/polls/logins',
    done: t('doneTick'),
    title: t('tryLogin'),
    primary: true,
  });
  return context.logins
    .states()
    .filter(({ login }) => login === 'refused')
    .map(
      ({
        account,
        message = '',
      }) => html`<article class="panel case"><div class="head"><h2>${t('account')} ${account}</h2></div>
<p><b>${t('loginRefused', { account, message })}</b></p><p>${t('loginRefusedDo')}</p>${mayAct && html`<div class="acts">${tryNow}</div>`}</article>`,
    );
}

function list(
  view: View,
  console: Console,
  deliveries: readonly ListedDelivery[],
  { isFirst }: { readonly isFirst: boolean },
): Html {
  if (deliveries.length === 0)
    return html`<p class="empty">${view.t(isFirst ? 'personNone' : 'personNoneLeft')}</p>`;
  return html`${deliveries.map((delivery) => oneCase(view, console, delivery))}`;
}

function oneCase(view: View, { context }: Console, delivery: ListedDelivery): Html {
  const { t } = view;
  const { why, todo } = explain(t, delivery);
  const canResync = [...context.sources.keys()].some((each) => each === delivery.entity);
  return html`<article class="panel case"><div class="head"><h2>${recordLink(view, delivery)}</h2>${statePill(view, delivery.state)}
<small>${t('delivery', { id: delivery.id })} · ${delivery.account} · ${t('attempts', { count: delivery.attempts })} · ${clock(delivery.capturedAt)}</small></div>
<p><b>${why}</b></p>
${delivery.reason && html`<blockquote aria-label="${t('platformSays')}">${reasonWords(view, delivery.reason)}</blockquote>`}
<p>${todo}</p>
${actsOn(view, delivery, { resync: canResync })}</article>`;
}
