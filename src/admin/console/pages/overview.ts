import type { FastifyInstance } from 'fastify';
import { type LedgerSummary, readSummary } from '../../../ledger/balance.ts';
import { countDead } from '../../../ledger/listing.ts';
import { readMinuteRates } from '../../../ledger/rates.ts';
import { withinTime } from '../../within-time.ts';
import { balancePanel, entitiesPanel } from '../balance-panel.ts';
import { type Html, html } from '../html.ts';
import { clock } from '../layout.ts';
import type { Console, View } from '../page.ts';
import { count, duration, panel, pill, type Tone } from '../parts.ts';
import type { TextName } from '../texts.ts';
import { type OverviewFacts, troublesPanel } from '../troubles.ts';
import { sendPage, viewOf } from '../view.ts';

const MOST_COUNTED = 500;
const ANSWER_MS = 2_000;

/** `/`: whether all is well, and if not, what is wrong, why, and what to press. */
export function addOverviewPage(app: FastifyInstance, console: Console): void {
  app.get('/', async (request, reply) => {
    const view = viewOf(request);
    const facts = await readFacts(console);
    const perSecond = await readPresentRate(console);
    const body = html`<h1 class="hidden">${view.t('overview')}</h1>
${troublesPanel(view, console, facts)}
${tiles(view, facts, perSecond)}
${chart(view)}
<div class="columns">
${systemsPanel(view, console)}
${accountsPanel(view, console)}
</div>
${balancePanel(view, facts.summary)}
${entitiesPanel(view, facts.summary)}
<div class="columns">
${agentsPanel(view, console, facts.summary)}
${ticksPanel(view, console)}
</div>`;
    return sendPage(request, reply, console, {
      title: view.t('overview'),
      section: 'overview',
      refresh: 'often',
      body,
    });
  });
}

async function readFacts({ context }: Console): Promise<OverviewFacts> {
  const [summary, dead, queueFault] = await Promise.all([
    readSummary(context.database),
    countDead(context.database, MOST_COUNTED),
    withinTime(ANSWER_MS, context.queues.ping()).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    ),
  ]);
  return { summary, dead, queueFault };
}

/** Of the last whole minute. */
async function readPresentRate({ context }: Console): Promise<number> {
  const { present, rates } = await readMinuteRates(context.database, 2);
  const sends = rates
    .filter(({ minute }) => minute === present - 1)
    .reduce((sum, each) => sum + each.sends, 0);
  return Math.round((sends / 60) * 10) / 10;
}

function tiles({ t, language }: View, { summary, dead }: OverviewFacts, perSecond: number): Html {
  const total = (name: string): number =>
    Object.values(summary.entities).reduce((sum, counts) => sum + (counts[name] ?? 0), 0);
  const waiting = total('waitingInOutbox') + total('waiting') + total('queued');
  const tile = (title: TextName, value: string, hint: TextName, tone: Tone = 'plain', link?: string): Html =>
    html`<div class="tile ${tone}"><dt>${t(title)}</dt><dd><b>${link === undefined ? value : html`<a href="${link}">${value}</a>`}</b><small>${t(hint)}</small></dd></div>`;
  const people = `${dead.count}${dead.more ? '+' : ''}`;
  return html`<dl class="tiles">
${tile('waiting', count(waiting), 'waitingHint')}
${tile('lag', duration(summary.lagSeconds, language), 'lagHint', summary.lagSeconds > 300 ? 'warn' : 'plain')}
${tile('sendsPerSecond', String(perSecond), 'sendsHint')}
${tile('inDoubt', count(summary.balance.inDoubt), 'inDoubtHint', summary.balance.inDoubt > 0 ? 'warn' : 'plain')}
${tile('blocked', count(total('blocked')), 'blockedHint')}
${tile('person', people, 'personHint', dead.count > 0 ? 'bad' : 'plain', '/person')}
</dl>`;
}

/** Drawn by assets/console.js, which keeps it over the refreshing of the page. */
function chart({ t }: View): Html {
  const button = (minutes: number, title: TextName, pressed: boolean): Html =>
    html`<button type="button" id="chart-${minutes}" data-minutes="${minutes}" aria-pressed="${pressed ? 'true' : 'false'}">${t(title)}</button>`;
  const aside = html`<span class="switch" role="group" aria-label="${t('time')}">${button(60, 'lastHour', true)}${button(1440, 'lastDay', false)}</span>`;
  const drawing = html`<div id="chart" hx-preserve="true" class="chart" role="img" aria-label="${t('chartLabel')}"
 data-accepted="${t('chartAccepted')}" data-rejected="${t('chartRejected')}" data-later="${t('chartLater')}" data-in-doubt="${t('chartInDoubt')}" data-time="${t('time')}" data-empty="${t('chartEmpty')}"></div>`;
  return panel(t('sendsChart'), drawing, aside);
}

const CIRCUITS = {
  closed: ['good', 'circuitClosed'],
  open: ['bad', 'circuitOpen'],
  'half-open': ['warn', 'circuitHalfOpen'],
} as const;

function systemsPanel({ t, word, language }: View, { context }: Console): Html {
  const rows = Object.entries(context.gateway.circuits()).map(([system, circuit]) => {
    const [tone, name] = CIRCUITS[circuit.state];
    const since = Math.max(0, (performance.now() - circuit.since) / 1000);
    const next =
      circuit.retryInMs === undefined
        ? ''
        : t('nextProbe', { seconds: Math.max(0, Math.ceil(circuit.retryInMs / 1000)) });
    return html`<li><b>${word('system', system)}</b> ${pill(tone, t(name))} <small>${t('forTime', { time: duration(since, language) })} ${next}</small></li>`;
  });
  return panel(t('systems'), html`<ul class="lines">${rows}</ul>`);
}

const LOGINS = {
  accepted: ['good', 'loginAccepted'],
  unknown: ['quiet', 'loginUnknown'],
  refused: ['bad', 'loginRefusedShort'],
} as const;

function accountsPanel({ t }: View, { context }: Console): Html {
  const rows = context.logins.states().map(({ account, login, message, profile, checkedAt }) => {
    const [tone, name] = LOGINS[login];
    const company = typeof profile.companyName === 'string' ? profile.companyName : '';
    const checked = checkedAt.getTime() > 0 ? clock(checkedAt) : '';
    return html`<li><b>${account}</b> ${pill(tone, t(name))} <small>${company} ${message} ${checked}</small></li>`;
  });
  return panel(t('accounts'), html`<ul class="lines">${rows}</ul>`);
}

function agentsPanel({ t }: View, { context }: Console, { agents }: LedgerSummary): Html {
  const rows = agents.map(({ id, host, pid, seenSecondsAgo }) => {
    const seen = t('seenAgo', { seconds: Math.round(seenSecondsAgo) });
    return html`<li><b>${id}</b> ${id === context.id && pill('quiet', t('thisOne'))} <small>${host} · pid ${pid} · ${seen}</small></li>`;
  });
  return panel(t('agents'), html`<ul class="lines">${rows}</ul>`);
}

const TICKS: Readonly<Record<string, TextName>> = {
  poll: 'tickPoll',
  sweep: 'tickSweep',
  logins: 'tickLogins',
  mirror: 'tickMirror',
  housekeeping: 'tickHousekeeping',
};

function ticksPanel({ t }: View, { context }: Console): Html {
  const rows = Object.entries(context.schedule.next()).map(([name, at]) => {
    const title = TICKS[name];
    return html`<li><b>${title ? t(title) : name}</b> <small>${clock(at)}</small></li>`;
  });
  return panel(t('ticks'), html`<ul class="lines">${rows}</ul>`);
}
