import type { ClaimedDelivery } from '../ledger/claims.ts';
import type { AttemptNote, Settlement } from '../ledger/settlement.ts';
import { type Lane, laneText, waitingReason } from '../ledger/states.ts';
import type {
  DeliveryContext,
  JsonObject,
  PlatformInterface,
  Push,
  Step,
  Verdict,
} from '../mappers/interface.ts';
import { backoffMs } from '../platform/backoff.ts';
import type { GatewayResult } from '../platform/gateway.ts';

/** One delivery in the hands of the deliverer. */
export type Delivering = {
  readonly context: { readonly retryCapMs: number; readonly retryMaxAgeMs: number };
  readonly target: PlatformInterface;
  readonly push: Push;
  readonly claim: ClaimedDelivery;
  readonly attempts: AttemptNote[];
};

type FailedOutcome = Exclude<GatewayResult['outcome'], { kind: 'accepted' | 'duplicate' | 'rejected' }>;

/** How the work on a delivery ended, for now or for good. */
export type Ending =
  | {
      readonly kind: 'step';
      readonly step: Exclude<Step, { kind: 'send' }>;
      readonly context: DeliveryContext<unknown>;
    }
  | { readonly kind: 'verdict'; readonly verdict: Verdict; readonly context: DeliveryContext<unknown> }
  | {
      readonly kind: 'outcome';
      readonly outcome: FailedOutcome;
      readonly query: boolean;
      readonly context: DeliveryContext<unknown>;
    }
  | { readonly kind: 'login-refused'; readonly message: string }
  | { readonly kind: 'no-account' }
  /** A record that it needs is not at the platform (any more). */
  | { readonly kind: 'blocked'; readonly lane: Lane }
  | { readonly kind: 'no-secret'; readonly reason: string }
  | { readonly kind: 'endless'; readonly context: DeliveryContext<unknown> };

/** How long a delivery of a refused account waits before it looks again. */
const REFUSED_PAUSE_MS = 15_000;
const NO_ACCOUNT_PAUSE_MS = 30_000;

type Facts = Partial<
  Pick<Settlement, 'reason' | 'progress' | 'retryInMs' | 'platformId' | 'waitsFor' | 'unsure'>
> &
  Pick<Settlement, 'state' | 'outcome'> & { present?: boolean; countsAttempt?: boolean };

/** Turns the end of a delivery's turn into what the ledger writes. Pure but for the dice of the back-off. */
export function settlementOf(delivering: Delivering, ending: Ending): Settlement {
  const { claim } = delivering;
  switch (ending.kind) {
    case 'no-account': {
      const reason = `The account "${claim.account}" is not configured (CTG_ACCOUNTS_FILE, or CTG_USERNAME for "default").`;
      return later(delivering, undefined, {
        outcome: 'no-account',
        reason,
        retryInMs: NO_ACCOUNT_PAUSE_MS,
        countsAttempt: false,
      });
    }
    case 'blocked':
      return settle(delivering, undefined, {
        state: 'blocked',
        outcome: 'blocked',
        reason: waitingReason(ending.lane),
        waitsFor: laneText(ending.lane),
        progress: parseProgress(claim),
        countsAttempt: false,
      });
    case 'no-secret':
      return settle(delivering, undefined, {
        state: 'held',
        outcome: 'no-secret',
        reason: ending.reason,
        countsAttempt: false,
      });
    case 'login-refused':
      return later(delivering, undefined, {
        outcome: 'login-refused',
        reason: `The platform refuses the log-in: ${ending.message}`,
        retryInMs: Math.min(REFUSED_PAUSE_MS, delivering.context.retryCapMs),
        countsAttempt: false,
      });
    case 'endless':
      return settle(delivering, ending.context, {
        state: 'held',
        outcome: 'endless',
        reason: 'The steps of this delivery led to no end.',
        progress: ending.context.progress,
      });
    case 'step':
      return settleStep(delivering, ending.step, ending.context);
    case 'verdict':
      return settleVerdict(delivering, ending.verdict, ending.context);
    case 'outcome':
      return settleOutcome(delivering, ending);
  }
}

function settleStep(
  delivering: Delivering,
  step: Exclude<Step, { kind: 'send' }>,
  context: DeliveryContext<unknown>,
): Settlement {
  switch (step.kind) {
    case 'nothing':
      return settle(delivering, context, { state: 'unchanged', outcome: 'unchanged', reason: step.reason });
    case 'settled':
      return settle(delivering, context, {
        state: 'accepted',
        outcome: 'accepted',
        platformId: step.platformId,
      });
    case 'person':
      return settle(delivering, context, {
        state: 'held',
        outcome: 'person',
        reason: step.reason,
        progress: context.progress,
      });
  }
}

function settleVerdict(
  delivering: Delivering,
  verdict: Verdict,
  context: DeliveryContext<unknown>,
): Settlement {
  switch (verdict.kind) {
    case 'accepted':
      return settle(delivering, context, {
        state: 'accepted',
        outcome: 'accepted',
        reason: verdict.note,
        platformId: verdict.platformId,
        present: verdict.present ?? true,
        ...(verdict.progress && { progress: verdict.progress }),
      });
    case 'rejected':
      return settleRejection(delivering, verdict.reason, context);
    case 'person':
      return settle(delivering, context, {
        state: 'held',
        outcome: 'person',
        reason: verdict.reason,
        progress: verdict.progress,
      });
    case 'later':
      return later(delivering, verdict.doubt ? context : { ...context, doubt: false }, {
        outcome: 'incomplete',
        reason: verdict.reason,
        progress: verdict.progress,
        doubt: verdict.doubt,
      });
    case 'continue':
    case 'choose':
      throw new Error(`The verdict "${verdict.kind}" leads to another step and ends nothing.`);
  }
}

/**
 * A refusal says that this send had no effect; it says nothing of an earlier one whose effect is unknown. Where no query
 * can tell, and the effect may happen only once, a person decides: closing it could hide an order that stands.
 */
function settleRejection(
  delivering: Delivering,
  reason: string,
  context: DeliveryContext<unknown>,
): Settlement {
  if (context.doubt && delivering.target.kind === 'once') {
    const words = `An earlier send's effect is unknown, and the platform now refuses: ${reason}`;
    return settle(delivering, context, {
      state: 'held',
      outcome: 'rejected',
      reason: words,
      progress: context.progress,
    });
  }
  // Of goods or a rule the newest state is sent again when it changes; until then nobody knows which one stands there.
  return settle(delivering, context, {
    state: 'rejected',
    outcome: 'rejected',
    reason,
    unsure: context.doubt,
  });
}

function settleOutcome(delivering: Delivering, ending: Extract<Ending, { kind: 'outcome' }>): Settlement {
  const { outcome, context, query } = ending;
  switch (outcome.kind) {
    case 'circuit-open':
      return later(delivering, context, {
        outcome: 'circuit-open',
        reason: `The system "${delivering.target.system}" is down; waiting for it.`,
        retryInMs: outcome.waitMs,
        countsAttempt: false,
      });
    case 'busy':
      return later(delivering, context, {
        outcome: 'busy',
        reason: `The platform is busy: ${outcome.message}`,
        countsAttempt: false,
        ...(outcome.retryAfterMs !== undefined && { retryInMs: outcome.retryAfterMs }),
      });
    case 'login-refused':
      return later(delivering, context, {
        outcome: 'login-refused',
        reason: `The platform refuses the log-in: ${outcome.message}`,
        retryInMs: Math.min(REFUSED_PAUSE_MS, delivering.context.retryCapMs),
        countsAttempt: false,
      });
    case 'not-sent': {
      const aborted = outcome.code === 'ABORTED' || outcome.code === 'CLOSED';
      return later(delivering, context, {
        outcome: 'not-sent',
        reason: `${outcome.message} (${outcome.code})`,
        countsAttempt: !aborted,
        ...(aborted && { retryInMs: 0 }),
      });
    }
    case 'in-doubt':
      return later(delivering, context, {
        outcome: 'in-doubt',
        reason: `${outcome.message} (${outcome.code})`,
        doubt: context.doubt || !query,
      });
  }
}

type Later = {
  outcome: string;
  reason: string;
  retryInMs?: number;
  countsAttempt?: boolean;
  progress?: JsonObject;
  doubt?: boolean;
};

/** Puts a delivery off. One that is too old waits for a person instead: it is never thrown away. */
function later(
  delivering: Delivering,
  context: DeliveryContext<unknown> | undefined,
  facts: Later,
): Settlement {
  const { claim } = delivering;
  const { retryCapMs, retryMaxAgeMs } = delivering.context;
  const doubt = facts.doubt ?? context?.doubt ?? claim.doubt;
  const progress = facts.progress ?? context?.progress ?? parseProgress(claim);
  if (claim.ageMs > retryMaxAgeMs) {
    const hours = Math.round(claim.ageMs / 3_600_000);
    return settle(delivering, context, {
      ...facts,
      state: 'held',
      reason: `Not delivered for ${hours} h. Last: ${facts.reason}`,
      progress,
      retryInMs: undefined,
    });
  }
  const retryInMs = facts.retryInMs ?? pauseMs(claim, facts.countsAttempt ?? true, retryCapMs);
  return settle(delivering, context, {
    ...facts,
    state: doubt ? 'in_doubt' : 'waiting',
    retryInMs,
    progress,
  });
}

/**
 * Attempts that count lengthen the pause by themselves. Those that do not (a busy platform) are spaced by the age of the
 * delivery, so that the pause grows all the same.
 */
function pauseMs(claim: ClaimedDelivery, counts: boolean, capMs: number): number {
  if (counts) return backoffMs({ attempt: claim.attempt, capMs, random: Math.random });
  const baseMs = Math.max(1000, claim.ageMs / 2);
  return backoffMs({ attempt: 1, baseMs, capMs, random: Math.random });
}

function parseProgress({ progress }: ClaimedDelivery): JsonObject {
  return JSON.parse(progress ?? '{}');
}

function settle(
  delivering: Delivering,
  context: DeliveryContext<unknown> | undefined,
  facts: Facts,
): Settlement {
  const { claim, push, target } = delivering;
  const accepted = facts.state === 'accepted' && context !== undefined;
  const consequences = accepted
    ? push.follow(context, { platformId: facts.platformId })
    : { changes: [], watches: [] };
  // The usual case needs no line in the timeline beside the delivery's own: sent once, accepted.
  const plain = facts.state === 'accepted' && claim.attempt === 1 && delivering.attempts.length === 1;
  return {
    claim,
    state: facts.state,
    outcome: facts.outcome,
    reason: facts.reason,
    progress: facts.progress,
    retryInMs: facts.retryInMs,
    countsAttempt: facts.countsAttempt ?? true,
    platformId: facts.platformId,
    waitsFor: facts.waitsFor,
    unsure: facts.unsure,
    present: facts.present ?? true,
    attempts: plain ? [] : delivering.attempts,
    sends: delivering.attempts.length,
    followUps: consequences.changes.map((change) => ({
      account: claim.account,
      entity: change.entity,
      key: change.key,
      op: 'upsert',
      payload: change.record,
      trace: claim.trace,
    })),
    watches: consequences.watches.map((watch) => ({ account: claim.account, key: claim.key, ...watch })),
    changeable: push.changeable,
    queues: target.kind === 'once',
    secretFields: push.secretFields,
  };
}
