import type { Selectable } from 'kysely';
import type { Database, Executor } from '../erp/database.ts';
import type { DeliveryTable } from '../erp/tables.ts';
import { interfaceNamed } from '../mappers/registry.ts';
import type { ClaimedDelivery } from './claims.ts';
import type { Settlement } from './settlement.ts';
import type { DeliveryState } from './states.ts';
import type { WritesBack } from './write-backs.ts';

/** A row of the ledger. */
export type DeliveryRow = Selectable<DeliveryTable>;

/** The agent in whose name a person acts: its claims and its shard of the tally are used. */
export type ActingAgent = {
  readonly id: string;
  readonly shard: number;
  /** Which records' ERP tables are told of what: those with such a `writeBack` in their source map. */
  readonly writesBack: WritesBack;
};

/** Why something that a person asked for is not done, and what to do instead. */
export type Refusal = {
  readonly kind: 'refused';
  readonly code: 'NOT_FOUND' | 'CONFLICT';
  readonly message: string;
  readonly fix: string;
};

/** A refusal because the ledger is in another state than the request takes it to be. */
export function conflict(message: string, fix: string): Refusal {
  return { kind: 'refused', code: 'CONFLICT', message, fix };
}

/** The refusal for a delivery that is not in the ledger. */
export function noDelivery(id: number): Refusal {
  return {
    kind: 'refused',
    code: 'NOT_FOUND',
    message: `There is no delivery ${id}.`,
    fix: 'Look it up with GET /v1/deliveries; old deliveries are removed after HISTORY_DAYS.',
  };
}

/** Reads a delivery and locks it until the transaction ends. */
export async function lockDelivery(executor: Executor, id: number): Promise<DeliveryRow | undefined> {
  return executor.selectFrom('ctg_delivery').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** The same database, whose transactions are this one: what a person asks for is done as a whole or not at all. */
export function within(
  database: Database,
  transaction: Parameters<Parameters<Database['transact']>[0]>[0],
): Database {
  return { ...database, transact: (work) => work(transaction), once: (work) => work(transaction) };
}

/**
 * Takes a locked delivery for a person's decision: claimed by the acting agent, so that it is settled in the same way
 * as one that was sent.
 */
export async function claimForPerson(
  executor: Executor,
  agent: ActingAgent,
  row: DeliveryRow,
): Promise<ClaimedDelivery> {
  await executor.updateTable('ctg_delivery').set({ claimed_by: agent.id }).where('id', '=', row.id).execute();
  const bound = await executor
    .selectFrom('ctg_binding')
    .select(['platform_id', 'present', 'record'])
    .where('account', '=', row.account)
    .where('entity', '=', row.entity)
    .where('entity_key', '=', row.entity_key)
    .executeTakeFirst();
  return {
    id: row.id,
    account: row.account,
    entity: row.entity,
    key: row.entity_key,
    op: row.op === 'delete' ? 'delete' : 'upsert',
    interface: row.interface,
    state: stateOf(row),
    version: row.version,
    attempt: row.attempts,
    record: row.record ?? undefined,
    frozen: row.frozen ?? undefined,
    progress: row.progress ?? undefined,
    hash: row.content_hash ?? undefined,
    doubt: row.state === 'in_doubt',
    abandoned: false,
    capturedAt: new Date(row.captured_at),
    ageMs: 0,
    bound: bound && {
      platformId: bound.platform_id ?? undefined,
      present: bound.present === 1,
      record: bound.record ?? undefined,
    },
  };
}

/** A person's word as the end of a delivery; what it leads to is filled in by the caller. */
export function settledByPerson(
  claim: ClaimedDelivery,
  state: 'accepted' | 'dropped',
  words: string,
): Settlement {
  const target = interfaceNamed(claim.interface);
  const note = { interface: claim.interface, stage: 'person', outcome: state, message: words, durationMs: 0 };
  return {
    claim,
    state,
    outcome: state,
    reason: words,
    progress: claim.progress === undefined ? undefined : JSON.parse(claim.progress),
    retryInMs: undefined,
    countsAttempt: true,
    platformId: undefined,
    present: state === 'accepted',
    attempts: [note],
    sends: 0,
    followUps: [],
    watches: [],
    changeable: target?.push?.changeable ?? true,
    queues: target?.kind === 'once',
    secretFields: target?.push?.secretFields ?? [],
  };
}

const STATES: ReadonlySet<string> = new Set<DeliveryState>([
  'waiting',
  'queued',
  'blocked',
  'held',
  'in_doubt',
  'accepted',
  'rejected',
  'superseded',
  'unchanged',
  'dropped',
]);

function isState(word: string): word is DeliveryState {
  return STATES.has(word);
}

function stateOf({ id, state }: DeliveryRow): DeliveryState {
  if (!isState(state)) throw new Error(`Delivery ${id} has the state "${state}", which is none.`);
  return state;
}
