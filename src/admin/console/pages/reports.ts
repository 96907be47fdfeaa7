import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { interfaceFor } from '../../../mappers/registry.ts';
import { maskField } from '../../masking.ts';
import { Problem } from '../../problem.ts';
import { readRequest } from '../../request.ts';
import { type Html, html } from '../html.ts';
import { clock } from '../layout.ts';
import type { Console, View } from '../page.ts';
import { count, panel, pill, reasonWords, recordLink, table } from '../parts.ts';
import type { Report, ReportLine, ReportSource } from '../reports.ts';
import type { TextName } from '../texts.ts';
import { sendPage, viewOf } from '../view.ts';

/** A pair of pages: the list of the reports of one kind, and each of them. */
type Kind = {
  readonly section: 'reconcile' | 'backfills';
  readonly source: ReportSource;
  readonly help: TextName;
  readonly none: TextName;
};

const parameters = z.object({ id: z.coerce.number().int().positive() });

/** `/reconcile`, `/backfills`, and one report of each: `/reconcile/:id`, `/backfills/:id`. */
export function addReportPages(app: FastifyInstance, console: Console): void {
  const { reconcile, backfills } = console;
  addPair(app, console, {
    section: 'reconcile',
    source: reconcile,
    help: 'reconcileHelp',
    none: 'reconcileNone',
  });
  addPair(app, console, {
    section: 'backfills',
    source: backfills,
    help: 'backfillsHelp',
    none: 'backfillsNone',
  });
}

function addPair(app: FastifyInstance, console: Console, { section, source, help, none }: Kind): void {
  app.get(`/${section}`, async (request, reply) => {
    const view = viewOf(request);
    const { t } = view;
    const reports = await source.listReports();
    const list = reports.length === 0 ? html`<p class="empty">${t(none)}</p>` : lines(view, section, reports);
    const body = html`<h1>${t(section)}</h1><p class="help">${t(help)}</p>${list}`;
    return sendPage(request, reply, console, { title: t(section), section, refresh: 'often', body });
  });
  app.get(`/${section}/:id`, async (request, reply) => {
    const view = viewOf(request);
    const { id } = readRequest(parameters, request.params);
    const report = await source.readReport(id);
    const title = view.t('report', { id });
    if (!report) throw notFound(view, title);
    return sendPage(request, reply, console, {
      title,
      section,
      refresh: 'often',
      body: whole(view, report, title),
    });
  });
}

function notFound({ t }: View, title: string): Problem {
  return new Problem(404, {
    code: 'NOT_FOUND',
    message: t('notFound', { text: title }),
    fix: t('notFoundHelp'),
  });
}

function lines(view: View, section: string, reports: readonly ReportLine[]): Html {
  const { t, word } = view;
  const rows = reports.map(
    (each) => html`<tr><td><a href="/${section}/${each.id}">${t('report', { id: each.id })}</a></td>
<td>${clock(each.at)}</td><td>${word('entity', each.entity)}</td><td>${accountIn(view, each)}</td><td>${pill('plain', word('report', each.state))}</td><td>${countsIn(view, each)}</td></tr>`,
  );
  return table(t('reconcile'), ['', t('time'), t('entity'), t('account'), t('state'), t('counts')], rows);
}

function accountIn({ t }: View, { account }: ReportLine): string {
  return account === '*' ? t('allAccounts') : account;
}

function countsIn({ word }: View, { counts }: ReportLine): Html {
  return html`${Object.entries(counts).map(([name, value]) => html`<span class="term"><b>${count(value)}</b> <small>${word('report', name)}</small></span> `)}`;
}

function whole(view: View, report: Report, title: string): Html {
  const { t, word } = view;
  const secrets = interfaceFor(report.entity)?.push?.secretFields ?? [];
  const rows = report.differences.map(
    ({
      account,
      key,
      kind,
      field,
      ours,
      theirs,
      reason = '',
    }) => html`<tr><td>${recordLink(view, { entity: report.entity, account, key })}</td>
<td>${pill('warn', word('report', kind))}</td><td>${field ?? '–'}</td><td>${shown(field, ours, secrets)}</td><td>${shown(field, theirs, secrets)}</td><td>${reasonWords(view, reason)}</td></tr>`,
  );
  const titles = [t('key'), t('state'), t('fieldName'), t('inErp'), t('atPlatform'), t('reason')];
  const differences =
    rows.length === 0
      ? html`<p class="empty">${t('differencesNone')}</p>`
      : table(t('differences'), titles, rows);
  return html`<h1>${title} <span class="key">${word('entity', report.entity)} · ${accountIn(view, report)}</span></h1>
<p>${pill('plain', word('report', report.state))} ${clock(report.at)} ${countsIn(view, report)}</p>${panel(t('differences'), differences)}`;
}

function shown(field: string | undefined, value: unknown, secrets: readonly string[]): string {
  if (value === undefined || value === null) return '–';
  const masked = maskField(field ?? '', value, secrets);
  return typeof masked === 'string' ? masked : JSON.stringify(masked);
}
