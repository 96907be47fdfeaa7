import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type AttemptError, readLastErrors } from '../../../ledger/last-errors.ts';
import { type InterfaceRate, readInterfaceRates } from '../../../ledger/rates.ts';
import type { Kind, PlatformInterface, Push } from '../../../mappers/interface.ts';
import { INTERFACES, interfaceNamed } from '../../../mappers/registry.ts';
import { fieldsOf } from '../../../mappers/schema-fields.ts';
import { Problem } from '../../problem.ts';
import { readRequest } from '../../request.ts';
import { type Html, html } from '../html.ts';
import { clock } from '../layout.ts';
import type { Console, View } from '../page.ts';
import { count, documentWords, panel, pill, reasonWords, table, toneOf } from '../parts.ts';
import type { TextName } from '../texts.ts';
import { sendPage, viewOf } from '../view.ts';

const HOUR_MINUTES = 60;
const SHOWN_ERRORS = 20;
const parameters = z.object({ name: z.string().max(32) });

const KINDS: Readonly<Record<Kind, TextName>> = {
  once: 'kindOnce',
  latest: 'kindLatest',
  query: 'kindQuery',
};

/** `/interfaces`: the platform's interfaces and how each one does; `/interfaces/:name`: one of them. */
export function addInterfacesPages(app: FastifyInstance, console: Console): void {
  const { database } = console.context;
  app.get('/interfaces', async (request, reply) => {
    const view = viewOf(request);
    const rates = Map.groupBy(await readInterfaceRates(database, HOUR_MINUTES), (rate) => rate.interface);
    const rows = await Promise.all(
      INTERFACES.map(async (each) => {
        const [error] = await readLastErrors(database, each.name, 1);
        return row(view, each, rates.get(each.name) ?? [], error);
      }),
    );
    const title = view.t('interfaces');
    const body = html`<h1>${title}</h1>${table(title, titlesOf(view), rows)}`;
    return sendPage(request, reply, console, { title, section: 'interfaces', refresh: 'often', body });
  });
  app.get('/interfaces/:name', async (request, reply) => {
    const view = viewOf(request);
    const { name } = readRequest(parameters, request.params);
    const target = interfaceNamed(name);
    if (!target) throw unknown(view, name);
    const errors = await readLastErrors(database, name, SHOWN_ERRORS);
    const title = `${target.number}. ${view.word('interface', name)}`;
    const body = details(view, target, { title, errors });
    return sendPage(request, reply, console, { title, section: 'interfaces', refresh: 'often', body });
  });
}

function unknown({ t }: View, name: string): Problem {
  const fix = INTERFACES.map((each) => each.name).join(', ');
  return new Problem(404, { code: 'NOT_FOUND', message: t('notFound', { text: name }), fix });
}

function titlesOf({ t }: View): string[] {
  const names = ['number', 'name', 'system', 'kind', 'sends24', 'acceptedShare', 'lastError'] as const;
  return names.map((name) => t(name));
}

function row(
  view: View,
  { number, name, title, system, kind }: PlatformInterface,
  rates: readonly InterfaceRate[],
  error: AttemptError | undefined,
): Html {
  const { t, word, language } = view;
  const sends = rates.reduce((sum, each) => sum + each.sends, 0);
  const second = language === 'zh' ? '' : title;
  return html`<tr><td>${number}</td><th scope="row"><a href="/interfaces/${name}">${word('interface', name)}</a> <small>${second} <code>${name}</code></small></th>
<td>${word('system', system)}</td><td>${t(KINDS[kind])}</td><td>${sends === 0 ? '·' : count(sends)}</td><td>${acceptedShare(rates, sends)}</td><td>${lastError(view, error)}</td></tr>`;
}

function acceptedShare(rates: readonly InterfaceRate[], sends: number): string {
  if (sends === 0) return '·';
  const accepted = rates.filter(({ outcome }) => outcome === 'accepted' || outcome === 'unchanged');
  return `${Math.floor((accepted.reduce((sum, each) => sum + each.sends, 0) / sends) * 100)} %`;
}

function lastError(view: View, error: AttemptError | undefined): Html {
  const { word, t } = view;
  if (!error) return html`<small>${t('none')}</small>`;
  return html`${pill(toneOf(error.outcome), word('outcome', error.outcome))} <small>${clock(error.at)} ${reasonWords(view, error.message)}</small>`;
}

function details(
  view: View,
  target: PlatformInterface,
  { title, errors }: { readonly title: string; readonly errors: readonly AttemptError[] },
): Html {
  const { t, word } = view;
  const fact = (name: TextName, value: Html | string | undefined): Html | undefined =>
    value === undefined ? undefined : html`<div><dt>${t(name)}</dt><dd>${value}</dd></div>`;
  const { push } = target;
  return html`<h1>${title} <span class="key">${view.language === 'zh' ? '' : `${target.title} · `}${target.name}</span></h1>
<section class="panel now"><dl>
${fact('system', word('system', target.system))}
${fact('path', html`<code>POST ${target.path}</code>`)}
${fact('kind', t(KINDS[target.kind]))}
${fact('carries', push && word('entity', push.entity))}
${fact('doubtResolved', documentWords(target.inDoubt[view.language]))}
${fact('remark', target.remark && documentWords(target.remark[view.language]))}
</dl></section>
${panel(t('recentErrors'), errorList(view, errors))}
${push && panel(t('recordFields'), fieldTable(view, push))}`;
}

/** Everything that a record may carry, as the documents list it. */
function fieldTable({ t, language }: View, { schema }: Push): Html {
  const rows = fieldsOf(schema).map(
    ({
      path,
      type,
      required,
      fallback = '',
    }) => html`<tr><td><code>${path}</code></td><td>${documentWords(type[language])}</td>
<td>${required ? t('required') : ''}</td><td>${fallback}</td></tr>`,
  );
  return table(t('recordFields'), [t('fieldName'), t('fieldType'), t('required'), t('fallback')], rows);
}

function errorList(view: View, errors: readonly AttemptError[]): Html {
  const { t, word } = view;
  if (errors.length === 0) return html`<p class="empty">${t('none')}</p>`;
  const rows = errors.map(
    (
      each,
    ) => html`<tr><td>${clock(each.at)}</td><td>${pill(toneOf(each.outcome), word('outcome', each.outcome))}</td>
<td>${t('delivery', { id: each.deliveryId })}</td><td>${reasonWords(view, each.message)}</td></tr>`,
  );
  return table(t('recentErrors'), [t('time'), t('outcome'), t('delivery', { id: '' }), t('reason')], rows);
}
