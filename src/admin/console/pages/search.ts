import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ENTITIES } from '../../../config/entities.ts';
import { type FoundBy, type FoundRecord, findRecords } from '../../../ledger/search.ts';
import { readRequest } from '../../request.ts';
import { type Html, html } from '../html.ts';
import { clock } from '../layout.ts';
import type { Console, View } from '../page.ts';
import { recordLink, recordPath, statePill, table } from '../parts.ts';
import type { TextName } from '../texts.ts';
import { sendPage, viewOf } from '../view.ts';

const query = z.object({ q: z.string().trim().max(191).default('') });

/** `/search?q=`: finds a record; a single one is shown at once. */
export function addSearchPage(app: FastifyInstance, console: Console): void {
  app.get('/search', async (request, reply) => {
    const view = viewOf(request);
    const { q } = readRequest(query, request.query);
    const { context } = console;
    const accounts = context.logins.states().map(({ account }) => account);
    const found = q === '' ? [] : await findRecords(context.database, q, { entities: ENTITIES, accounts });
    const [only] = found;
    if (only && found.length === 1) return reply.redirect(recordPath(only));
    return sendPage(request, reply, console, {
      title: view.t('searchTitle'),
      section: 'search',
      refresh: 'acts',
      body: html`<h1>${view.t('searchTitle')}</h1>${searchForm(view, q)}${q !== '' && results(view, q, found)}`,
    });
  });
}

function searchForm({ t }: View, q: string): Html {
  return html`<form class="big-find" action="/search">
<label for="q">${t('searchHelp')}</label>
<div><input id="q" name="q" type="search" value="${q}" maxlength="191" autocomplete="off" spellcheck="false" autofocus><button type="submit" class="primary">${t('searchButton')}</button></div>
</form>`;
}

const MATCHES: Readonly<Record<FoundBy, TextName>> = {
  key: 'byKey',
  'platform-id': 'byPlatformId',
  'idempotency-key': 'byIdempotencyKey',
  phone: 'byPhone',
  outbox: 'byOutbox',
};

function results(view: View, q: string, found: readonly FoundRecord[]): Html {
  const { t } = view;
  if (found.length === 0)
    return html`<div class="empty"><p>${t('notFound', { text: q })}</p><p>${t('notFoundHelp')}</p></div>`;
  const rows = found.map(
    (each) => html`<tr><td>${recordLink(view, each)}</td>
<td>${each.state === undefined ? '–' : statePill(view, each.state)}</td><td>${each.platformId ?? '–'}</td>
<td>${each.account}</td><td>${clock(each.capturedAt)}</td><td>${t(MATCHES[each.by])}</td></tr>`,
  );
  const titles = [t('key'), t('state'), t('platformId'), t('account'), t('time'), t('foundBy')];
  return table(t('searchTitle'), titles, rows);
}
