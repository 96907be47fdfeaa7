import type { AlertSettings } from '../../config/monitoring.ts';
import type { Alert } from '../../ledger/alert-store.ts';
import type { LedgerSummary } from '../../ledger/balance.ts';

/** The limits from which on something is an alert; 0 turns a rule off. */
export type AlertLimits = Pick<AlertSettings, 'lagSeconds' | 'rejectedPercent' | 'noProgressSeconds'>;

/** What the rules judge. */
export type AlertFacts = {
  readonly summary: Pick<LedgerSummary, 'balance' | 'difference' | 'lagSeconds' | 'entities'>;
  /** The circuits by system, as this agent has them. */
  readonly circuits: Readonly<Record<string, string>>;
  readonly logins: readonly {
    readonly account: string;
    readonly login: 'unknown' | 'accepted' | 'refused';
    readonly message: string | undefined;
  }[];
  /** What ended in the time that is looked back on, and whether that time is over already. */
  readonly recent: { readonly ended: number; readonly rejected: number; readonly complete: boolean };
  /** Since the counts last moved. */
  readonly stillSeconds: number;
  /** Since the relay last looked at the outbox without an error. */
  readonly relayIdleSeconds: number;
  readonly queueStoreAnswers: boolean;
};

/** What a rule says of one subject. `unknown` leaves an alert as it is: nothing is told, nothing taken back. */
export type Finding = Pick<Alert, 'rule' | 'subject'> & {
  readonly verdict: 'bad' | 'good' | 'unknown';
  readonly value?: number;
  readonly detail?: string;
};

/** Of so few, one bad record would be a high rate. */
const FEWEST_ENDED = 10;

/** Judges by all rules. Pure. */
export function judgeAlerts(facts: AlertFacts, limits: AlertLimits): Finding[] {
  return [
    judgeBalance(facts),
    ...judgeNoProgress(facts, limits),
    ...judgeLogins(facts),
    ...judgeCircuits(facts),
    ...judgeLag(facts, limits),
    ...judgeRejected(facts, limits),
  ];
}

function judgeBalance({ summary }: AlertFacts): Finding {
  const verdict = summary.difference === 0 ? 'good' : 'bad';
  return { rule: 'balance', subject: '', verdict, value: summary.difference };
}

function judgeLag({ summary }: AlertFacts, { lagSeconds }: AlertLimits): Finding[] {
  if (lagSeconds === 0) return [];
  const verdict = summary.lagSeconds > lagSeconds ? 'bad' : 'good';
  return [{ rule: 'lag', subject: '', verdict, value: Math.round(summary.lagSeconds) }];
}

function judgeRejected({ recent }: AlertFacts, { rejectedPercent }: AlertLimits): Finding[] {
  if (rejectedPercent === 0) return [];
  const rule = { rule: 'rejected', subject: '' } as const;
  if (recent.ended < FEWEST_ENDED) return [{ ...rule, verdict: recent.complete ? 'good' : 'unknown' }];
  const percent = Math.round((100 * recent.rejected) / recent.ended);
  const detail = `${recent.rejected}/${recent.ended}`;
  return [{ ...rule, verdict: percent >= rejectedPercent ? 'bad' : 'good', value: percent, detail }];
}

function judgeCircuits({ circuits }: AlertFacts): Finding[] {
  return Object.entries(circuits).map(([system, state]) => ({
    rule: 'circuit-open',
    subject: system,
    verdict: state === 'closed' ? 'good' : 'bad',
  }));
}

function judgeLogins({ logins }: AlertFacts): Finding[] {
  const verdicts = { accepted: 'good', refused: 'bad', unknown: 'unknown' } as const;
  return logins.map(({ account, login, message }) => ({
    rule: 'login-refused',
    subject: account,
    verdict: verdicts[login],
    ...(login === 'refused' && message !== undefined && { detail: message }),
  }));
}

/**
 * Nothing is taken out of the outbox though something is there, or the queue store does not answer. A platform that is
 * down and a refused log-in hold changes up as well, but have alerts of their own.
 */
function judgeNoProgress(facts: AlertFacts, { noProgressSeconds }: AlertLimits): Finding[] {
  if (noProgressSeconds === 0) return [];
  const rule = { rule: 'no-progress', subject: '' } as const;
  if (!facts.queueStoreAnswers)
    return [{ ...rule, verdict: 'bad', detail: 'the queue store does not answer' }];
  if (facts.relayIdleSeconds > noProgressSeconds)
    return [{ ...rule, verdict: 'bad', value: Math.round(facts.relayIdleSeconds) }];
  if (!isWaiting(facts) || facts.stillSeconds < noProgressSeconds) return [{ ...rule, verdict: 'good' }];
  const explained =
    Object.values(facts.circuits).some((state) => state !== 'closed') ||
    facts.logins.some(({ login }) => login === 'refused');
  return [{ ...rule, verdict: explained ? 'unknown' : 'bad', value: Math.round(facts.stillSeconds) }];
}

function isWaiting({ summary }: AlertFacts): boolean {
  return Object.values(summary.entities).some(({ waitingInOutbox = 0 }) => waitingInOutbox > 0);
}
