import pLimit from 'p-limit';
import type { Logger } from 'pino';
import type { Accounts } from '../config/accounts.ts';
import type { Reading } from '../config/reading.ts';
import type { Secret } from '../config/secret.ts';
import type { Database } from '../erp/database.ts';
import { freeIds } from '../ledger/bindings.ts';
import { type Claim, type ClaimedDelivery, claimDeliveries } from '../ledger/claims.ts';
import type { ActingAgent } from '../ledger/hand.ts';
import type { ReadyDelivery } from '../ledger/relay-store.ts';
import { type Settled, settleDeliveries } from '../ledger/settle.ts';
import type { Settlement } from '../ledger/settlement.ts';
import type {
  DeliveryContext,
  MapperOptions,
  PlatformInterface,
  Push,
  Verdict,
} from '../mappers/interface.ts';
import { interfaceNamed } from '../mappers/registry.ts';
import type { Permit } from '../platform/circuit-state.ts';
import type { Gateway, GatewayResult } from '../platform/gateway.ts';
import { beginAttempt, logAttempt, settleAttempt } from './attempt.ts';
import { firstContext, neededIds } from './first-context.ts';
import { createGroup, type Group } from './group.ts';
import { type LastSends, watchLastSends } from './last-sends.ts';
import type { Logins } from './logins.ts';
import type { JobResult } from './queues.ts';
import { readSecrets } from './read-secrets.ts';
import { limitSends } from './send-limit.ts';
import { settlementOf } from './settlement.ts';
import type { Delivering } from './settlement-facts.ts';
import type { Span, Tracer } from './tracing.ts';

/** What delivering works with. */
export type DeliverContext = {
  readonly database: Database;
  readonly gateway: Gateway;
  readonly accounts: Accounts;
  readonly logins: Logins;
  readonly logger: Logger;
  readonly agent: ActingAgent;
  /** Why this agent must not send just now (its lease ran out), asked right before bytes leave. */
  readonly leaseFault: () => string | undefined;
  readonly mapperOptions: MapperOptions;
  /** Reads a secret that a record refers to. */
  readonly readSecret: (reference: string) => Reading<Secret>;
  readonly retryCapMs: number;
  readonly retryMaxAgeMs: number;
  readonly concurrency: number;
  /** The longest that a send may take, milliseconds. */
  readonly longestSendMs: number;
  readonly tracer: Tracer;
  /** Told what may be sent because of something that was settled. */
  readonly onReady: (ready: readonly ReadyDelivery[]) => void;
  /** Told that changes were put into the outbox. */
  readonly onOutbox: () => void;
};

/** Sends deliveries. */
export type Deliverer = {
  /** `again`: it was tried before, and lets what was not go first while the system is down. */
  deliver(target: PlatformInterface, id: number, again?: boolean): Promise<JobResult>;
  /** Ends waits for closed circuits, so that jobs can go back. */
  stop(): void;
  inFlight(): number;
  settled(): Promise<void>;
};

/** What is told to come back when the system may work again does not all come at once. */
const SPREAD_MS = 2_000;
/** Each coming back costs the queue more than a look at the circuit is worth. */
const LEAST_PAUSE_MS = 1_000;

/**
 * Deliveries under way for each that is being sent: the others are being claimed or settled, many with one statement,
 * and none of that takes a connection to the platform from another.
 */
export const UNDER_WAY_PER_SEND = 4;

/** Statements of a claim and a settlement hold at most this many. */
const LARGEST_GROUP = 250;

/** When to look again at a delivery that another job, or another agent, is sending: it may have died with it. */
const ELSEWHERE_PAUSE_MS = 2_000;

/** A delivery that goes on by itself (verify, then add, then find) does so at most this often in one turn. */
const MOST_STEPS = 50;

/** Builds the deliverer: claims and outcomes of concurrent sends are grouped into few statements. */
export function createDeliverer(context: DeliverContext): Deliverer {
  const turns = pLimit(context.concurrency * UNDER_WAY_PER_SEND);
  const stopping = new AbortController();
  const claims = createGroup(
    (ids: readonly number[]) => claimDeliveries(context.database, context.agent.id, ids),
    LARGEST_GROUP,
  );
  const settlements = createGroup(
    (group: readonly Settlement[]) => settleGroup(context, group),
    LARGEST_GROUP,
  );
  const send = limitSends(context.gateway, context.concurrency, stopping.signal);
  const means: Means = { claims, send, lastSends: watchLastSends(settlements.add, context.longestSendMs) };
  const inFlight = new Set<number>();

  const deliver: Deliverer['deliver'] = async (target, id, again = false) => {
    // A second job of the same delivery leaves it to the first, but stays: the first may have been lost with its Redis,
    // and a job that ended here would keep a new one out.
    if (inFlight.has(id)) return { kind: 'later', inMs: ELSEWHERE_PAUSE_MS };
    inFlight.add(id);
    try {
      const permit = await context.gateway.enter(target.system, stopping.signal, again);
      if (!permit) return { kind: 'later', inMs: 0 };
      if (permit.kind === 'wait')
        return { kind: 'later', inMs: Math.max(permit.waitMs, LEAST_PAUSE_MS) + Math.random() * SPREAD_MS };
      return await turns(() => deliverNow(context, means, target, id, permit));
    } finally {
      inFlight.delete(id);
    }
  };
  return {
    deliver,
    stop: () => stopping.abort(),
    inFlight: () => inFlight.size,
    settled: async () => {
      await Promise.all([claims.settled(), settlements.settled()]);
    },
  };
}

type Means = {
  readonly claims: Group<number, Claim>;
  readonly send: Gateway['send'];
  readonly lastSends: LastSends;
};

async function settleGroup(
  context: DeliverContext,
  group: readonly Settlement[],
): Promise<readonly Settled[]> {
  const { results, ready } = await settleDeliveries(context.database, context.agent, group);
  if (ready.length > 0) context.onReady(ready);
  if (group.some((each) => each.followUps.length > 0)) context.onOutbox();
  return results;
}

async function deliverNow(
  context: DeliverContext,
  means: Means,
  target: PlatformInterface,
  id: number,
  permit: Permit,
): Promise<JobResult> {
  let unused: Permit | undefined = permit;
  const takePermit = (): Permit | undefined => {
    const taken = unused;
    unused = undefined;
    return taken;
  };
  try {
    for (;;) {
      const claim = await means.claims.add(id);
      if (claim === 'closed' || !target.push) return { kind: 'done', summary: 'is closed already' };
      if (claim === 'elsewhere') return { kind: 'later', inMs: ELSEWHERE_PAUSE_MS };
      const attempt = beginAttempt(context.tracer, claim);
      const settlement = await attemptDelivery(
        context,
        means,
        target,
        target.push,
        claim,
        takePermit,
        attempt,
      );
      const settled = await settleAttempt(context.tracer, attempt, settlement, means.lastSends.settle);
      logAttempt(context.logger, settlement, settled);
      // A newer state slipped in while this one was on its way: it goes next, in the same slot.
      if (settled !== 'again') return jobResult(settlement, settled);
    }
  } finally {
    if (unused) context.gateway.giveBack(target.system, unused);
  }
}

function jobResult(settlement: Settlement, settled: Settled): JobResult {
  if (settled === 'lost') return { kind: 'done', summary: 'was taken over by another agent' };
  if (settlement.state === 'rejected') return { kind: 'failed', reason: settlement.reason ?? 'rejected' };
  if (settlement.state === 'waiting' || settlement.state === 'in_doubt') {
    return { kind: 'later', inMs: settlement.retryInMs ?? 0 };
  }
  return { kind: 'done', summary: settlement.state };
}

/** Takes a delivery as far as it goes now: one request, or several where one leads to the next. */
async function attemptDelivery(
  context: DeliverContext,
  means: Means,
  target: PlatformInterface,
  push: Push,
  claim: ClaimedDelivery,
  takePermit: () => Permit | undefined,
  attempt: Span,
): Promise<Settlement> {
  const account = context.accounts.get(claim.account);
  const delivering: Delivering = { context, target, push, claim, attempts: [] };
  const waitMs = means.lastSends.quietMs(claim);
  if (waitMs > 0) return settlementOf(delivering, { kind: 'too-soon', waitMs });
  if (!account) return settlementOf(delivering, { kind: 'no-account' });
  const refusal = context.logins.refusal(claim.account);
  if (refusal !== undefined) return settlementOf(delivering, { kind: 'login-refused', message: refusal });
  const record: unknown = JSON.parse(claim.record ?? 'null');
  const needs = await neededIds(context.database, push, claim, record);
  const missing = needs.find((need) => need.platformId === undefined);
  if (missing && claim.op === 'upsert')
    return settlementOf(delivering, { kind: 'blocked', lane: missing.lane });
  let current = firstContext(
    context.mapperOptions,
    claim,
    record,
    needs.flatMap((need) => need.platformId ?? []),
  );
  for (let step = 0; step < MOST_STEPS; step++) {
    const next = push.next(current);
    if (next.kind !== 'send') return settlementOf(delivering, { kind: 'step', step: next, context: current });
    const endpoint = interfaceNamed(next.via) ?? target;
    const permit = endpoint.system === target.system ? takePermit() : undefined;
    const secrets = readSecrets(next.body, push.secretFields, context.readSecret);
    if (secrets.kind === 'fault')
      return settlementOf(delivering, { kind: 'no-secret', reason: secrets.reason });
    const beforeSend = context.leaseFault;
    const span = context.tracer.start(`send ${next.via}`, { parent: attempt.traceparent, kind: 'client' });
    const { body } = secrets;
    const result = await means.send({
      endpoint,
      account,
      body,
      beforeSend,
      permit,
      delivery: claim.id,
    });
    span.end({ 'ctg.stage': next.stage, 'ctg.outcome': result.outcome.kind });
    note(delivering, next.via, next.stage, result);
    const outcome = next.ownLogin ? asOwnLogin(result.outcome) : result.outcome;
    if (outcome.kind === 'login-refused') await context.logins.refuse(claim.account, outcome.message);
    if (outcome.kind !== 'accepted' && outcome.kind !== 'duplicate' && outcome.kind !== 'rejected') {
      return settlementOf(delivering, {
        kind: 'outcome',
        outcome,
        query: next.query === true,
        context: current,
      });
    }
    const answer =
      outcome.kind === 'accepted' ? { kind: 'accepted' as const, reply: outcome.reply } : outcome;
    const verdict = push.judge(current, next, answer);
    const followed = await follow(context, claim, current, verdict);
    if (!followed) return settlementOf(delivering, { kind: 'verdict', verdict, context: current });
    current = followed;
  }
  return settlementOf(delivering, { kind: 'endless', context: current });
}

/** The log-in that was refused is the record's own user's, not the account's: nothing of the account is stopped. */
function asOwnLogin(outcome: GatewayResult['outcome']): GatewayResult['outcome'] {
  return outcome.kind === 'login-refused'
    ? { kind: 'rejected', message: outcome.message, reply: {} }
    : outcome;
}

/** The context of the next step, where a verdict asks for one. */
async function follow(
  context: DeliverContext,
  claim: ClaimedDelivery,
  current: DeliveryContext<unknown>,
  verdict: Verdict,
): Promise<DeliveryContext<unknown> | undefined> {
  if (verdict.kind === 'continue') return { ...current, progress: verdict.progress, doubt: verdict.doubt };
  if (verdict.kind !== 'choose') return undefined;
  const free = await freeIds(context.database.kysely, claim, verdict.ids);
  return { ...current, doubt: false, progress: { ...verdict.progress, chosen: free[0] ?? '' } };
}

function note(
  delivering: Delivering,
  via: string,
  stage: string,
  { outcome, durationMs }: GatewayResult,
): void {
  const message = 'message' in outcome ? outcome.message : undefined;
  delivering.attempts.push({ interface: via, stage, outcome: outcome.kind, message, durationMs });
}
