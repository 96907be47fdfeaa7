import type { SourceMap } from '../config/source-map.ts';
import type { Database, Executor } from '../erp/database.ts';
import { countKeyset, type Keyset, readKeyset } from '../erp/keyset.ts';
import { type OutboxEntry, writeOutbox } from '../erp/outbox.ts';
import { readPage, readRecords, type SourceRecord } from '../erp/records.ts';
import type { PlatformInterface } from '../mappers/interface.ts';
import { type Change, type Decision, decideLane, type LaneState } from './decide.ts';
import { prepareChange } from './prepare.ts';
import { readLanes } from './relay-store.ts';
import { type Lane, laneText } from './states.ts';

/** Which records to send again. */
export type ResyncSelection =
  | { readonly kind: 'keys'; readonly keys: readonly string[] }
  | { readonly kind: 'all' }
  /** Those whose `changedSince` column is not before this moment. */
  | { readonly kind: 'since'; readonly since: string };

/** One page of keys; `next` is what to continue after, undefined at the end. */
export type KeyPage = {
  readonly keys: readonly string[];
  readonly accounts: ReadonlyMap<string, string>;
  readonly next: string | undefined;
};

/**
 * Reads the next page of keys: through the map's `selectAll`, else from its `table` in the order of its key. Throws when
 * the map lacks what the selection needs, and the database's error when the map does not fit the tables.
 */
export async function readKeys(
  { kysely, dialect }: Database,
  map: SourceMap,
  selection: ResyncSelection,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<KeyPage> {
  if (selection.kind === 'keys') {
    return { keys: [...new Set(selection.keys)], accounts: new Map(), next: undefined };
  }
  if (selection.kind === 'all' && map.selectAll !== undefined) {
    const records = await readFirstOrNext(kysely, map, page);
    const accounts = records.flatMap(({ key, account }) =>
      account === undefined ? [] : [[key, account] as const],
    );
    return toPage(
      records.map(({ key }) => key),
      new Map(accounts),
      page.limit,
    );
  }
  const rows = await readKeyset(kysely, dialect, keysetOf(map, selection), page);
  const keys = [...new Set(rows.map(({ key }) => key).filter((key) => key !== ''))];
  return { keys, accounts: new Map(), next: rows.length < page.limit ? undefined : rows.at(-1)?.position };
}

/** How many records a selection has, where that can be told without reading them. */
export async function countRecords(
  { kysely }: Database,
  map: SourceMap,
  selection: Exclude<ResyncSelection, { readonly kind: 'keys' }>,
): Promise<number | undefined> {
  return map.table === undefined ? undefined : countKeyset(kysely, keysetOf(map, selection));
}

/** The walk over an entity's own table. Throws when the map does not name what it needs. */
function keysetOf(
  { entity, table, key, keySeparator, changedSince }: SourceMap,
  selection: Exclude<ResyncSelection, { readonly kind: 'keys' }>,
): Keyset {
  if (selection.kind === 'all') {
    if (table !== undefined) return { table, key, keySeparator };
    throw new Error(
      `The source map of ${entity} has neither "selectAll" nor "table", which reading all records needs.`,
    );
  }
  if (table === undefined || changedSince === undefined) {
    throw new Error(`The source map of ${entity} has no "changedSince" with a "table", which --since needs.`);
  }
  return { table, key, keySeparator, since: { column: changedSince.column, time: selection.since } };
}

function toPage(keys: readonly string[], accounts: ReadonlyMap<string, string>, limit: number): KeyPage {
  return { keys, accounts, next: keys.length < limit ? undefined : keys.at(-1) };
}

/** "invalid text representation": the key is a number, which an empty text is not. */
const NOT_A_NUMBER = '22P02';

/** The first page follows nothing: the empty text, or 0 where the map compares the key as a number. */
async function readFirstOrNext(
  executor: Executor,
  map: SourceMap,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<SourceRecord[]> {
  if (after !== undefined) return readPage(executor, map, { after, limit });
  try {
    return await readPage(executor, map, { after: '', limit });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === NOT_A_NUMBER)) throw error;
    return readPage(executor, map, { after: '0', limit });
  }
}

/** What a re-sync writes. */
export type ResyncRequest = {
  readonly entity: string;
  /** The account of records whose source map names none. */
  readonly account: string;
  /** Whether records are sent even if nothing changed. */
  readonly force: boolean;
};

/** Puts a page of records into the outbox; the relay reads them when their turn comes, so they go as they then are. */
export async function enqueueKeys(database: Database, page: KeyPage, request: ResyncRequest): Promise<void> {
  await database.transact((transaction) => writeKeys(transaction, page, request));
}

/** The same, in a transaction that there is already. */
export async function writeKeys(
  executor: Executor,
  { keys, accounts }: KeyPage,
  { entity, account, force }: ResyncRequest,
): Promise<void> {
  const entries = keys.map(
    (key): OutboxEntry => ({
      account: accounts.get(key) ?? account,
      entity,
      key,
      op: force ? 'force' : 'upsert',
    }),
  );
  await writeOutbox(executor, entries);
}

/** One field that would be sent otherwise than it was. */
export type FieldChange = { readonly field: string; readonly old: unknown; readonly new: unknown };

/** What a re-sync of one record would do. */
export type Preview = {
  readonly account: string;
  readonly key: string;
  readonly would: 'add' | 'modify' | 'delete' | 'unchanged' | 'invalid';
  readonly reason?: string;
  readonly changes?: readonly FieldChange[];
};

/** What a preview needs to know. */
export type PreviewContext = {
  readonly map: SourceMap;
  readonly target: PlatformInterface;
  readonly companyOf: (account: string) => string | undefined;
};

/** Says what a re-sync of these records would do, by the relay's own decision, and does nothing. */
export async function previewKeys(
  database: Database,
  { keys }: KeyPage,
  request: ResyncRequest,
  context: PreviewContext,
): Promise<Preview[]> {
  return database.transact(async (transaction) => {
    const records = await readRecords(transaction, context.map, keys);
    const prepared = keys.map((key) => prepare(key, records.get(key), request, context));
    const states = await readLanes(
      transaction,
      database.dialect,
      prepared.map(({ lane }) => lane),
    );
    return prepared.map(({ lane, change }) =>
      foresee(lane, change, states.get(laneText(lane)), context.target),
    );
  });
}

type Prepared = { readonly lane: Lane; readonly change: Change };

function prepare(
  key: string,
  source: SourceRecord | undefined,
  { entity, account, force }: ResyncRequest,
  { target, companyOf }: PreviewContext,
): Prepared {
  const lane = { account: source?.account ?? account, entity, key };
  const row = { id: 0, ...lane, op: force ? 'force' : 'upsert', payload: undefined, capturedAt: new Date() };
  const change = prepareChange(row, target, source ?? { vanished: true }, {
    companyId: companyOf(lane.account),
  });
  return { lane, change };
}

function foresee(
  { account, key }: Lane,
  change: Change,
  state: LaneState = { open: undefined, binding: undefined },
  target: PlatformInterface,
): Preview {
  const rules = {
    latest: target.kind === 'latest',
    changeable: target.push?.changeable ?? false,
    deletable: target.push?.deletable ?? true,
  };
  const decision = decideLane([change], state, rules)[0];
  if (!decision || decision.kind === 'count') return { account, key, would: 'unchanged' };
  if (decision.kind === 'reject') return { account, key, would: 'invalid', reason: decision.reason };
  const known = state.open?.record ?? (state.binding?.present ? state.binding.record : undefined);
  const reason = openReason(decision, state);
  return {
    account,
    key,
    would: wouldDo(decision.change.op, state),
    ...(reason !== undefined && { reason }),
    ...(decision.change.op !== 'delete' && { changes: fieldChanges(known, decision.json) }),
  };
}

function wouldDo(op: 'upsert' | 'delete', { binding }: LaneState): 'add' | 'modify' | 'delete' {
  if (op === 'delete') return 'delete';
  return binding?.present ? 'modify' : 'add';
}

function openReason(decision: Decision, { open }: LaneState): string | undefined {
  if (decision.kind === 'absorb') return `joins delivery ${decision.id}, which is still open`;
  return open ? `goes after delivery ${open.id}, which is still open` : undefined;
}

function fieldChanges(known: string | undefined, wanted: string): FieldChange[] {
  const before = fieldsOf(known);
  const after = fieldsOf(wanted);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
    .map((field) => ({ field, old: before[field], new: after[field] }));
}

function fieldsOf(json: string | undefined): Record<string, unknown> {
  const value: unknown = JSON.parse(json ?? 'null');
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
