import type { Logger } from 'pino';
import type { Sources } from '../config/source-map.ts';
import type { Database, Executor } from '../erp/database.ts';
import type { ClaimFilter } from '../erp/outbox.ts';
import { findBound } from '../ledger/bindings.ts';
import { type KeyFormat, takeKeys } from '../ledger/clock.ts';
import { type Decision, decideLane, type LaneState } from '../ledger/decide.ts';
import {
  type Absorption,
  absorbChanges,
  insertDeliveries,
  type NewDelivery,
  type ReadyDelivery,
  readLanes,
  readRefused,
} from '../ledger/relay-store.ts';
import { eraseSecrets } from '../ledger/secrets.ts';
import { type Lane, laneText, waitingReason } from '../ledger/states.ts';
import { Tally } from '../ledger/tally.ts';
import { noteWriteBacks, type WriteBackNote, type WritesBack } from '../ledger/write-backs.ts';
import type { PlatformInterface } from '../mappers/interface.ts';
import { hydrate } from './hydrate.ts';
import { groupByLane, type LaneChanges } from './lanes.ts';
import type { LooksPast } from './looks-past.ts';
import { takeChanges } from './take-changes.ts';
import type { Span, Tracer } from './tracing.ts';

/** What the relay works with. */
export type RelayContext = {
  readonly database: Database;
  readonly sources: Sources;
  readonly keyFormat: KeyFormat;
  readonly shard: number;
  readonly writesBack: WritesBack;
  readonly logger: Logger;
  readonly companyOf: (account: string) => string | undefined;
  readonly tracer: Tracer;
  readonly looksPast: LooksPast;
};

/** What one batch did. */
export type RelayBatch = {
  readonly claimed: number;
  /** How many records the changes were of. */
  readonly records: number;
  readonly ready: readonly ReadyDelivery[];
};

/**
 * Moves some `limit` changes from the outbox into the ledger (more where they are of few records), in one transaction:
 * either they are in the outbox or in the ledger, never in both or neither. Gives no rows when another agent is at it.
 */
export async function relayOutbox(
  context: RelayContext,
  limit: number,
  filter: ClaimFilter,
): Promise<RelayBatch> {
  const spans: Span[] = [];
  const batch = await context.database.transact(async (transaction) => {
    // A transaction that met a deadlock runs again: the spans of the first time never end, and are never seen.
    spans.length = 0;
    const rows = await takeChanges(transaction, context.database.dialect, limit, filter, context.looksPast);
    if (rows.length === 0) return { claimed: 0, records: 0, ready: [] };
    const lanes = groupByLane(rows, await hydrate(transaction, context.sources, rows), context.companyOf);
    const ready = await writeLanes(transaction, context, lanes, spans);
    return { claimed: rows.length, records: lanes.length, ready };
  });
  for (const span of spans) span.end();
  return batch;
}

async function writeLanes(
  executor: Executor,
  context: RelayContext,
  lanes: readonly LaneChanges[],
  spans: Span[],
): Promise<ReadyDelivery[]> {
  const { dialect } = context.database;
  const states = await readLanes(
    executor,
    dialect,
    lanes.map((each) => each.lane),
  );
  const faulty = lanes.filter((each) => each.changes.some((change) => change.content.kind === 'invalid'));
  const refused = await readRefused(
    executor,
    dialect,
    faulty.map((each) => each.lane),
  );
  const decided = lanes.flatMap((each) => {
    const name = laneText(each.lane);
    return decide(each, {
      open: undefined,
      binding: undefined,
      ...states.get(name),
      refused: refused.get(name),
    });
  });
  const inserts = decided.filter(
    (each) => each.decision.kind === 'insert' || each.decision.kind === 'reject',
  );
  const keys = await takeKeys(executor, dialect, countKeys(inserts), context.keyFormat);
  const missing = await findMissing(executor, dialect, inserts);
  const deliveries = inserts
    .map((each) => newDelivery(each, keys, missing))
    .map((delivery) => traced(context.tracer, delivery, spans));
  const fresh = await insertDeliveries(executor, dialect, deliveries);
  const absorbed = decided.flatMap(absorptionOf);
  await absorbChanges(
    executor,
    dialect,
    absorbed.map((each) => each.absorption),
  );
  await noteWriteBacks(
    executor,
    decided.flatMap((each) => rejectionNote(each, context.writesBack)),
  );
  await tallyOf(lanes, decided).write(executor, dialect, context.shard);
  return [...fresh, ...absorbed.flatMap(({ absorption, woken }) => (absorption.wake ? [woken] : []))];
}

type Decided = {
  readonly lane: Lane;
  readonly target: PlatformInterface | undefined;
  readonly decision: Decision;
};

function decide({ lane, target, changes }: LaneChanges, state: LaneState): Decided[] {
  const rules = {
    latest: target?.kind === 'latest',
    changeable: target?.push?.changeable ?? false,
    deletable: target?.push?.deletable ?? true,
  };
  const decisions = decideLane(changes, state, rules);
  return decisions.map((decision) => ({ lane, target, decision }));
}

/** How many idempotency keys the new deliveries want: asked by a trial run, since the mapping alone knows. */
function countKeys(inserts: readonly Decided[]): number {
  let count = 0;
  const takeKey = (): string => {
    count++;
    return '';
  };
  for (const each of inserts) freezeDecided(each, takeKey);
  return count;
}

function freezeDecided(
  { lane, target, decision }: Decided,
  takeKey: () => string,
): ReturnType<NonNullable<PlatformInterface['push']>['freeze']> {
  if (decision.kind !== 'insert') return undefined;
  return target?.push?.freeze(readOnce(decision), { key: lane.key, takeKey });
}

type Insertion = Extract<Decision, { kind: 'insert' }>;

/** The record of each decision, read once: several steps ask for it. */
const records = new WeakMap<Insertion, unknown>();

function readOnce(decision: Insertion): unknown {
  const known = records.get(decision);
  if (known !== undefined) return known;
  const record: unknown = JSON.parse(decision.json);
  records.set(decision, record);
  return record;
}

/** The lanes that new deliveries need and the platform does not hold yet. */
async function findMissing(
  executor: Executor,
  dialect: Database['dialect'],
  inserts: readonly Decided[],
): Promise<ReadonlySet<string>> {
  const needed = inserts.flatMap(neededLanes);
  if (needed.length === 0) return new Set();
  const bound = await findBound(executor, dialect, needed);
  return new Set(needed.map(laneText).filter((lane) => !bound.has(lane)));
}

function neededLanes({ lane, target, decision }: Decided): Lane[] {
  if (decision.kind !== 'insert') return [];
  const needs = target?.push?.needs(readOnce(decision)) ?? [];
  return needs.map((need) => ({ account: lane.account, ...need }));
}

function newDelivery(decided: Decided, keys: string[], missing: ReadonlySet<string>): NewDelivery {
  const { lane, target, decision } = decided;
  const base = { lane, interface: target?.name ?? 'none' };
  if (decision.kind !== 'insert' && decision.kind !== 'reject')
    throw new Error(`No delivery comes of "${decision.kind}".`);
  const { change } = decision;
  if (decision.kind === 'reject') {
    return {
      ...base,
      op: change.op,
      state: 'rejected',
      waitsFor: undefined,
      record: decision.json && eraseSecrets(decision.json, target?.push?.secretFields ?? []),
      frozen: undefined,
      hash: undefined,
      idempotencyKey: undefined,
      reason: decision.reason,
      capturedAt: change.capturedAt,
      trace: change.trace,
    };
  }
  const frozen = freezeDecided(decided, () => keys.shift() ?? '');
  const waits = neededLanes(decided).find((each) => missing.has(laneText(each)));
  const blocking = decision.state === 'waiting' ? waits : undefined;
  return {
    ...base,
    op: change.op,
    state: blocking ? 'blocked' : decision.state,
    waitsFor: blocking && laneText(blocking),
    record: decision.json,
    frozen: frozen && JSON.stringify(frozen.data),
    hash: decision.hash,
    idempotencyKey: frozen?.idempotencyKey,
    reason: blocking ? waitingReason(blocking) : undefined,
    capturedAt: change.capturedAt,
    trace: change.trace,
  };
}

/** The delivery as a part of its change's trace; the step ends when the transaction has committed. */
function traced(tracer: Tracer, delivery: NewDelivery, spans: Span[]): NewDelivery {
  const { lane, state, trace } = delivery;
  const facts = {
    'ctg.entity': lane.entity,
    'ctg.key': lane.key,
    'ctg.account': lane.account,
    'ctg.state': state,
  };
  const span = tracer.start('relay', { parent: trace, facts });
  spans.push(span);
  return { ...delivery, trace: span.traceparent ?? trace };
}

function absorptionOf({
  lane,
  target,
  decision,
}: Decided): { absorption: Absorption; woken: ReadyDelivery }[] {
  if (decision.kind !== 'absorb') return [];
  const { id, version, change, json, hash, wake } = decision;
  const absorption = { id, op: change.op, record: json, hash, wake };
  const woken = {
    id,
    interface: target?.name ?? 'none',
    entity: lane.entity,
    entity_key: lane.key,
    version: version + 1,
  };
  return [{ absorption, woken }];
}

function rejectionNote({ lane, decision }: Decided, writesBack: WritesBack): WriteBackNote[] {
  if (decision.kind !== 'reject' || !writesBack(lane.entity, 'rejected')) return [];
  const { change, reason: message } = decision;
  return [{ ...lane, kind: 'rejected', op: change.op, platformId: undefined, status: undefined, message }];
}

function tallyOf(lanes: readonly LaneChanges[], decided: readonly Decided[]): Tally {
  const tally = new Tally();
  for (const { lane, changes } of lanes) tally.add(lane.entity, 'captured', changes.length);
  for (const { lane, decision } of decided) {
    if (decision.kind === 'count') tally.add(lane.entity, decision.as);
    if (decision.kind === 'reject') tally.add(lane.entity, 'rejected');
    // The change that the open delivery stood for until now is superseded by the one that it absorbed.
    if (decision.kind === 'absorb') tally.add(lane.entity, 'superseded');
  }
  return tally;
}
