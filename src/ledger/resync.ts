import { sql } from 'kysely';
import type { SourceMap } from '../config/source-map.ts';
import type { Database, Dialect, Executor } from '../erp/database.ts';
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
 * Reads the next page of keys through a source map. Throws when the map lacks what the selection needs, and the
 * database's error when the map does not fit the tables.
 */
export async function readKeys(
  { kysely, dialect }: Database,
  map: SourceMap,
  selection: ResyncSelection,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<KeyPage> {
  switch (selection.kind) {
    case 'keys':
      return { keys: [...new Set(selection.keys)], accounts: new Map(), next: undefined };
    case 'all': {
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
    case 'since': {
      const keys = await readChanged(kysely, dialect, map, selection.since, page);
      return toPage(keys, new Map(), page.limit);
    }
  }
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

async function readChanged(
  executor: Executor,
  dialect: Dialect,
  map: SourceMap,
  since: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<string[]> {
  if (map.table === undefined || map.changedSince === undefined) {
    throw new Error(
      `The source map of ${map.entity} has no "changedSince" with a "table", which --since needs.`,
    );
  }
  const text = dialect === 'postgres' ? sql`text` : sql`CHAR`;
  const columns = map.key.map((column) => sql`CAST(${sql.ref(column)} AS ${text})`);
  const joined =
    columns.length === 1 ? sql.join(columns) : sql`CONCAT_WS(${map.keySeparator}, ${sql.join(columns)})`;
  // One order for comparing and sorting, whatever the column's own collation thinks is equal.
  const key = dialect === 'postgres' ? sql`(${joined}) COLLATE "C"` : sql`(${joined}) COLLATE utf8mb4_bin`;
  const { rows } = await sql<{ entity_key: string }>`
    SELECT ${key} AS entity_key FROM ${sql.table(map.table)}
    WHERE ${sql.ref(map.changedSince.column)} >= ${since} AND ${key} > ${after ?? ''}
    ORDER BY ${key} LIMIT ${sql.lit(limit)}`.execute(executor);
  return rows.map((row) => String(row.entity_key).trim());
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
export async function enqueueKeys(
  database: Database,
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
  await database.transact((transaction) => writeOutbox(transaction, entries));
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
