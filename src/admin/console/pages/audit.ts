import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type AuditLine, listAudit } from '../../../ledger/audit.ts';
import { readRequest } from '../../request.ts';
import { type Html, html } from '../html.ts';
import { clock } from '../layout.ts';
import type { Console, View } from '../page.ts';
import { olderLink, pill, reasonWords, table } from '../parts.ts';
import { sendPage, viewOf } from '../view.ts';

const PAGE = 50;
const query = z.object({ before: z.coerce.number().int().positive().optional() });

/** `/audit`: who did what, and when. */
export function addAuditPage(app: FastifyInstance, console: Console): void {
  app.get('/audit', async (request, reply) => {
    const view = viewOf(request);
    const { t } = view;
    const { before } = readRequest(query, request.query);
    const { entries, next } = await listAudit(console.context.database, { before, limit: PAGE });
    const list = entries.length === 0 ? html`<p class="empty">${t('auditNone')}</p>` : lines(view, entries);
    const body = html`<h1>${t('audit')}</h1><p class="help">${t('auditHelp')}</p>${list}
${olderLink(t, next === undefined ? undefined : `/audit?before=${next}`)}`;
    return sendPage(request, reply, console, { title: t('audit'), section: 'audit', refresh: 'often', body });
  });
}

function lines(view: View, entries: readonly AuditLine[]): Html {
  const { t, word } = view;
  const rows = entries.map(
    (each) => html`<tr><td>${clock(each.at)}</td><td>${each.actor} <small>${each.address}</small></td>
<td>${word('action', each.action)}</td><td>${each.target}</td><td>${each.note ?? ''}</td><td>${outcome(view, each)}</td></tr>`,
  );
  return table(t('audit'), [t('time'), t('who'), t('what'), t('target'), t('note'), t('outcome')], rows);
}

function outcome(view: View, { outcome: words }: AuditLine): Html {
  const { t } = view;
  if (words === 'done') return pill('good', t('outcomeDone'));
  if (words === 'begun') return pill('warn', t('outcomeBegun'));
  return html`<span class="refused">${reasonWords(view, words)}</span>`;
}
