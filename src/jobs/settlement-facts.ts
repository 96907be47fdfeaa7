import type { ClaimedDelivery } from '../ledger/claims.ts';
import type { AttemptNote, Settlement } from '../ledger/settlement.ts';
import type { DeliveryContext, JsonObject, PlatformInterface, Push } from '../mappers/interface.ts';
import { backoffMs } from '../platform/backoff.ts';

/** One delivery in the hands of the deliverer. */
export type Delivering = {
  readonly context: {
    readonly retryCapMs: number;
    readonly retryMaxAgeMs: number;
    readonly longestSendMs: number;
  };
  readonly target: PlatformInterface;
  readonly push: Push;
  readonly claim: ClaimedDelivery;
  readonly attempts: AttemptNote[];
};

type Facts = Partial<
  Pick<Settlement, 'reason' | 'progress' | 'retryInMs' | 'quietMs' | 'platformId' | 'waitsFor' | 'unsure'>
> &
  Pick<Settlement, 'state' | 'outcome'> & { present?: boolean; countsAttempt?: boolean };

type Later = {
  outcome: string;
  reason: string;
  retryInMs?: number;
  /** The shortest pause, whatever the back-off says. */
  leastMs?: number;
  countsAttempt?: boolean;
  progress?: JsonObject;
  doubt?: boolean;
};

/** Puts a delivery off. One that is too old waits for a person instead: it is never thrown away. */
export function later(
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
  const pause = facts.retryInMs ?? pauseMs(claim, facts.countsAttempt ?? true, retryCapMs);
  const retryInMs = Math.max(pause, facts.leastMs ?? 0);
  return settle(delivering, context, {
    ...facts,
    state: doubt ? 'in_doubt' : 'waiting',
    retryInMs,
    quietMs: facts.leastMs,
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

/** What earlier sends of a delivery achieved. */
export function parseProgress({ progress }: ClaimedDelivery): JsonObject {
  return JSON.parse(progress ?? '{}');
}

/** A settlement of what is known, with all that follows from an accepted record. */
export function settle(
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
    quietMs: facts.quietMs,
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
