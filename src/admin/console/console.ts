import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AdminContext } from '../context.ts';
import { answerError, problemFrom } from '../problem.ts';
import { readVersion } from '../version.ts';
import { addAssets } from './assets.ts';
import { html } from './html.ts';
import { languageCookie } from './language.ts';
import type { Console } from './page.ts';
import { addAuditPage } from './pages/audit.ts';
import { addInterfacesPages } from './pages/interfaces.ts';
import { addOverviewPage } from './pages/overview.ts';
import { addPersonPage } from './pages/person.ts';
import { addReportPages } from './pages/reports.ts';
import { addSearchPage } from './pages/search.ts';
import { addTimelinePage } from './pages/timeline.ts';
import { NO_REPORTS, type ReportSource } from './reports.ts';
import { sendPage, viewOf } from './view.ts';

/** Where the reports that pages show come from. */
export type ConsoleReports = { readonly reconcile?: ReportSource; readonly backfills?: ReportSource };

/** The console: pages that show what the routes under /v1 give, whose buttons call them. */
export function addConsole(app: FastifyInstance, context: AdminContext, reports: ConsoleReports = {}): void {
  const console: Console = {
    context,
    version: readVersion(),
    reconcile: reports.reconcile ?? NO_REPORTS,
    backfills: reports.backfills ?? NO_REPORTS,
  };
  app.register(async (scope) => {
    scope.setErrorHandler(answerAsPage(console));
    scope.addHook('preHandler', takeLanguage);
    addOverviewPage(scope, console);
    addSearchPage(scope, console);
    addTimelinePage(scope, console);
    addPersonPage(scope, console);
    addReportPages(scope, console);
    addInterfacesPages(scope, console);
    addAuditPage(scope, console);
  });
  app.register(async (scope) => addAssets(scope));
}

const chosen = z.looseObject({ lang: z.enum(['zh', 'en']) });

/** `?lang=` on any page: remembers the language, and shows the page without it. */
async function takeLanguage(request: FastifyRequest, reply: FastifyReply) {
  const parsed = chosen.safeParse(request.query);
  if (!parsed.success) return;
  const [path = '/', search] = request.url.split('?');
  const rest = new URLSearchParams(search);
  rest.delete('lang');
  const query = rest.size === 0 ? '' : `?${rest}`;
  // One slash: "//host" would be another site.
  const target = `/${path.replace(/^\/+/, '')}${query}`;
  return reply.header('set-cookie', languageCookie(parsed.data.lang)).redirect(target);
}

/** A fault is shown as a page, to be read by a person; it is logged as everywhere. */
function answerAsPage(console: Console) {
  const answer = answerError(console.context.logger);
  return (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) => {
    if (!request.headers.accept?.includes('text/html')) return answer(error, request, reply);
    const { status, text } = problemFrom(error, request, console.context.logger);
    const { t } = viewOf(request);
    const body = html`<h1>${t('failedTitle')}</h1><section class="panel"><p><b>${text.message}</b></p><p>${t('failedFix')}: ${text.fix}</p></section>`;
    reply.code(status);
    return sendPage(request, reply, console, {
      title: t('failedTitle'),
      section: 'search',
      refresh: 'acts',
      body,
    });
  };
}
