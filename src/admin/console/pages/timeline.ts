import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { beginAudit, endAudit } from '../../../ledger/audit.ts';
import { type DeliveryHistory, readTimeline, type Timeline } from '../../../ledger/timeline.ts';
import { interfaceFor } from '../../../mappers/registry.ts';
import { mappedBody } from '../../mapped-body.ts';
import { type Masking, maskJson, maskRecord } from '../../masking.ts';
import { Problem } from '../../problem.ts';
import { keyField, readRequest } from '../../request.ts';
import { actsOn, bindForm, resyncButton } from '../acts.ts';
import { eventsOf, type RecordEvent, statusWords } from '../events.ts';
import { type Html, html } from '../html.ts';
import { clock } from '../layout.ts';
import type { Console, View } from '../page.ts';
import { json, panel, reasonWords, recordLink, statePill } from '../parts.ts';
import { explain } from '../reason.ts';
import { sendPage, viewOf } from '../view.ts';
import { waitsFor } from '../waits-for.ts';

const parameters = z.object({ entity: z.string().max(32), key: keyField });
const query = z.object({
  account: z.string().min(1).max(64).optional(),
  unmask: z.literal('1').optional(),
});

/** `/records/:entity/:key`: where a record is, and everything that happened to it. */
export function addTimelinePage(app: FastifyInstance, console: Console): void {
  app.get('/records/:entity/:key', async (request, reply) => {
    const view = viewOf(request);
    const { entity, key } = readRequest(parameters, request.params);
    const { account, unmask } = readRequest(query, request.query);
    const timeline = await readTimeline(console.context.database, { entity, key, account });
    requireKnown(view, timeline, `${view.word('entity', entity)} ${key}`);
    const unmasked = unmask !== undefined && mayUnmask(view, console);
    if (unmasked) await noteLook(request, console, `${entity} ${key}`);
    const body = html`<h1>${view.word('entity', entity)} <span class="key">${key}</span></h1>
${nowPanel(view, console, timeline, { entity, key })}
${panel(view.t('history'), history(view, eventsOf(view, timeline)))}
${await contents(view, console, timeline, { unmasked, url: request.url })}
${waitedFor(view, timeline)}`;
    const title = `${view.word('entity', entity)} ${key}`;
    // A look at personal data is one look: the page does not take another by itself.
    const refresh = unmasked ? 'acts' : 'often';
    return sendPage(request, reply, console, { title, section: 'search', refresh, body });
  });
}

function requireKnown({ t }: View, timeline: Timeline, record: string): void {
  const { deliveries, bindings, waitingInOutbox } = timeline;
  if (deliveries.length > 0 || bindings.length > 0 || waitingInOutbox > 0) return;
  throw new Problem(404, {
    code: 'NOT_FOUND',
    message: t('notFound', { text: record }),
    fix: t('notFoundHelp'),
  });
}

function mayUnmask(view: View, { context }: Console): boolean {
  return view.mayAct && context.settings.consoleUnmask;
}

/** Looking at personal data is an act; where it cannot be written down, nothing is shown. */
async function noteLook(request: FastifyRequest, { context }: Console, target: string): Promise<void> {
  const actor = request.actor?.name ?? 'unknown';
  const entry = { actor, address: request.ip, action: 'unmask', target, note: undefined };
  await endAudit(context.database, await beginAudit(context.database, entry), 'done');
}

/** The answer to "where is it?", before everything else. */
function nowPanel(
  view: View,
  console: Console,
  timeline: Timeline,
  record: { entity: string; key: string },
): Html {
  const { t, word } = view;
  const newest = timeline.deliveries[0];
  const state = newest?.state ?? (timeline.waitingInOutbox > 0 ? 'waitingInOutbox' : undefined);
  const bound = timeline.bindings.find(({ platform_id: id }) => id !== null);
  const statuses = timeline.statuses.map(
    (row) =>
      html`<div><dt>${t('orderStatus')} · ${t(row.kind === 'order' ? 'kindOrder' : row.kind === 'return' ? 'kindReturn' : 'kindLogistics')}</dt><dd><b>${row.status}</b> ${statusWords(word, row.status)} ${row.message} <small>${clock(row.updated_at)}</small></dd></div>`,
  );
  return html`<section class="panel now"><dl>
<div><dt>${t('where')}</dt><dd>${state && statePill(view, state)} ${situation(view, console, timeline)}</dd></div>
<div><dt>${t('platformId')}</dt><dd>${bound?.platform_id ?? newest?.platform_id ?? '–'}</dd></div>
${statuses}
${newest?.idempotency_key && html`<div><dt>${t('idempotencyKey')}</dt><dd><code>${newest.idempotency_key}</code></dd></div>`}
</dl>${whatToDo(view, console, newest, record)}</section>`;
}

function situation(view: View, console: Console, timeline: Timeline): string {
  const { t, word } = view;
  const waits = waitsFor(view, console, timeline);
  if (waits !== undefined) return t('waitsFor', { what: waits });
  const state = timeline.deliveries[0]?.state;
  const isWithout = state === 'rejected' || state === 'dropped';
  return isWithout ? t('endedWithout', { state: word('state', state) }) : t('waitsForNothing');
}

function whatToDo(
  view: View,
  { context }: Console,
  newest: DeliveryHistory | undefined,
  { entity, key }: { entity: string; key: string },
): Html | undefined {
  const { t } = view;
  const canResync = [...context.sources.keys()].some((each) => each === entity);
  if (newest && (newest.state === 'held' || newest.state === 'rejected')) {
    const { why, todo } = explain(t, newest);
    return html`<div class="why"><p><b>${why}</b></p>${newest.reason && html`<blockquote>${reasonWords(view, newest.reason)}</blockquote>`}<p>${todo}</p>
${actsOn(view, { ...newest, key: newest.entity_key }, { resync: canResync })}</div>`;
  }
  if (!view.mayAct) return undefined;
  const record = { account: newest?.account ?? 'default', entity, key };
  return html`<div class="acts">${canResync && resyncButton(view, record)}${bindForm(view, record)}</div>`;
}

function history(view: View, events: readonly RecordEvent[]): Html {
  return html`<ol class="events">${events.map(
    ({ at, tone, title, words, detail }) => html`<li class="${tone}">${clock(at)}<div><p>${title}</p>
${words && html`<blockquote>${reasonWords(view, words)}</blockquote>`}${detail && html`<small>${detail}</small>`}</div></li>`,
  )}</ol>`;
}

type Shown = { readonly unmasked: boolean; readonly url: string };

/** What was captured, and what becomes of it on the wire; the newest change, and those before it folded. */
async function contents(
  view: View,
  console: Console,
  timeline: Timeline,
  { unmasked, url }: Shown,
): Promise<Html | undefined> {
  const { t } = view;
  const shown = timeline.deliveries.slice(0, MOST_SHOWN);
  if (shown.length === 0) return undefined;
  const masking: Masking = unmasked ? 'secrets' : 'personal data';
  const parts = await Promise.all(
    shown.map(async (row, index) => {
      const secrets = interfaceFor(row.entity)?.push?.secretFields ?? [];
      const mapped = await mappedBody(console.context, row, timeline.bindings);
      return html`<details id="delivery-${row.id}"${index === 0 && html` open`}><summary>${t('delivery', { id: row.id })} ${statePill(view, row.state)} <small>${clock(row.captured_at)}</small></summary>
<div class="columns"><div><h3>${t('recordShown')}</h3>${json(maskJson(row.record, secrets, masking))}</div>
<div><h3>${t('bodyShown')}</h3>${mapped ? html`<p><small>${view.word('interface', mapped.via)} · ${view.word('stage', mapped.stage)}</small></p>${json(maskRecord(mapped.body, secrets, masking))}` : html`<p>${t('bodyNone')}</p>`}</div></div></details>`;
    }),
  );
  return panel(t('deliveries'), html`${parts}${maskNote(view, console, { unmasked, url })}`);
}

const MOST_SHOWN = 10;

function maskNote(view: View, console: Console, { unmasked, url }: Shown): Html {
  const { t } = view;
  if (unmasked) return html`<p class="note warn">${t('unmasked')}</p>`;
  const link = `${url}${url.includes('?') ? '&' : '?'}unmask=1`;
  return html`<p class="note">${t('masked')} ${mayUnmask(view, console) && html`<a href="${link}">${t('unmask')}</a>`}</p>`;
}

function waitedFor(view: View, { waitedFor: others, deliveries }: Timeline): Html | undefined {
  if (others.length === 0) return undefined;
  const account = deliveries[0]?.account ?? 'default';
  const rows = others.map(
    ({ entity, entity_key: key }) => html`<li>${recordLink(view, { account, entity, key })}</li>`,
  );
  return panel(view.t('waitedForBy'), html`<ul class="lines">${rows}</ul>`);
}
