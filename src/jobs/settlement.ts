import type { Settlement } from '../ledger/settlement.ts';
import { type Lane, laneText, waitingReason } from '../ledger/states.ts';
import type { DeliveryContext, Step, Verdict } from '../mappers/interface.ts';
import type { GatewayResult } from '../platform/gateway.ts';
import { type Delivering, later, parseProgress, settle } from './settlement-facts.ts';

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
  /** What was sent so lately, by a sender that vanished or by this one, may be at work still. */
  | { readonly kind: 'too-soon'; readonly waitMs: number }
  /** A record that it needs is not at the platform (any more). */
  | { readonly kind: 'blocked'; readonly lane: Lane }
  | { readonly kind: 'no-secret'; readonly reason: string }
  | { readonly kind: 'endless'; readonly context: DeliveryContext<unknown> };

/** How long a delivery of a refused account waits before it looks again. */
const REFUSED_PAUSE_MS = 15_000;
const NO_ACCOUNT_PAUSE_MS = 30_000;

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
    case 'too-soon':
      return later(delivering, undefined, {
        outcome: 'in-doubt',
        reason: 'The platform may still be at work on what was sent before.',
        retryInMs: ending.waitMs,
        leastMs: ending.waitMs,
        countsAttempt: false,
      });
    case 'blocked':
      return settle(delivering, undefined, {
        state: 'blocked',
        // Kept over the wait: what may have been sent already is verified, not sent, once it is free.
        outcome: claim.doubt ? 'in-doubt' : 'blocked',
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
        ...(verdict.advanced && { retryInMs: 0, countsAttempt: false }),
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
        // The platform may still be at work on it. Asked at once, it would not know of what it is about to do, and the
        // same would be sent twice; and a newer state that overtook it would be undone. It gets as long again.
        ...(!query && { leastMs: lastDurationMs(delivering) }),
      });
  }
}

/** A process that stood still took longer than any send has; the platform did not. */
function lastDurationMs({ attempts, context }: Delivering): number {
  return Math.min(attempts.at(-1)?.durationMs ?? 0, context.longestSendMs);
}
