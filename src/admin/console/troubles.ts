import type { LedgerSummary } from '../../ledger/balance.ts';
import { actButton } from './acts.ts';
import { type Html, html } from './html.ts';
import type { Console, View } from './page.ts';
import { duration } from './parts.ts';

/** Something that is wrong: what, why, and what to press. */
type Trouble = { readonly severe: boolean; readonly what: string; readonly todo?: Html | string };

/** What the overview is read from. */
export type OverviewFacts = {
  readonly summary: LedgerSummary;
  readonly dead: { readonly count: number; readonly more: boolean };
  /** Why the queue store does not answer. */
  readonly queueFault: string | undefined;
};

/** A change that waits for longer is worth a look. */
const LATE_SECONDS = 300;

/** The first thing on the page: that all is well, or everything that is not. */
export function troublesPanel(view: View, console: Console, facts: OverviewFacts): Html {
  const { t } = view;
  const troubles = findTroubles(view, console, facts);
  if (troubles.length === 0) return html`<p class="verdict good">${t('allWell')}</p>`;
  const tone = troubles.some(({ severe }) => severe) ? 'bad' : 'warn';
  return html`<section class="verdict ${tone}" aria-label="${t('needsAttention')}"><ul>
${troubles.map(({ what, todo }) => html`<li><span>${what}</span> ${todo && html`<span class="todo">${todo}</span>`}</li>`)}
</ul></section>`;
}

function findTroubles(view: View, console: Console, facts: OverviewFacts): Trouble[] {
  return [
    ...ofTheAgent(view, console, facts),
    ...ofSystems(view, console),
    ...ofAccounts(view, console),
    ...ofSources(view, console),
    ...ofTheLedger(view, facts),
  ];
}

function ofTheAgent({ t }: View, { context }: Console, { queueFault }: OverviewFacts): Trouble[] {
  const lease = context.leaseFault();
  return [
    ...(lease === undefined ? [] : [{ severe: true, what: t('leaseLost', { reason: lease }) }]),
    ...(queueFault === undefined
      ? []
      : [{ severe: true, what: t('queueStoreDown', { reason: queueFault }) }]),
  ];
}

function ofSystems({ t, word }: View, { context }: Console): Trouble[] {
  return Object.entries(context.gateway.circuits()).flatMap(([name, { state, failures }]): Trouble[] => {
    if (state === 'closed') return [];
    const system = word('system', name);
    if (state === 'half-open') return [{ severe: false, what: t('systemProbe', { system }) }];
    return [{ severe: true, what: t('systemDown', { system, failures }), todo: t('systemDownDo') }];
  });
}

function ofAccounts({ t, mayAct }: View, { context }: Console): Trouble[] {
  const refused = context.logins.states().filter(({ login }) => login === 'refused');
  const tryNow = actButton({ path: '/v1/polls/logins', done: t('doneTick'), title: t('tryLogin') });
  return refused.map(({ account, message = '' }) => ({
    severe: true,
    what: t('loginRefused', { account, message }),
    todo: html`${t('loginRefusedDo')} ${mayAct ? tryNow : ''}`,
  }));
}

function ofSources({ t, word }: View, { context }: Console): Trouble[] {
  return [...context.relay.unreadable()].map(([entity, reason]) => ({
    severe: true,
    what: t('unreadable', { entity: word('entity', entity), reason }),
    todo: t('unreadableDo'),
  }));
}

function ofTheLedger({ t, language }: View, { summary, dead }: OverviewFacts): Trouble[] {
  const { difference, lagSeconds } = summary;
  const troubles: Trouble[] = [];
  if (difference !== 0) troubles.push({ severe: true, what: t('balanceOff', { difference }) });
  if (dead.count > 0) {
    const people = `${dead.count}${dead.more ? '+' : ''}`;
    const link = html`<a class="button primary" href="/person">${t('peopleWaitDo')}</a>`;
    troubles.push({ severe: false, what: t('peopleWait', { count: people }), todo: link });
  }
  if (lagSeconds > LATE_SECONDS)
    troubles.push({ severe: false, what: t('lagging', { lag: duration(lagSeconds, language) }) });
  return troubles;
}
