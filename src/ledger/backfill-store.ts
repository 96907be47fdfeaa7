import { type Selectable, sql } from 'kysely';
import { type Database, type Executor, fromNow, now } from '../erp/database.ts';
import { outboxWaits } from '../erp/outbox.ts';
import type { BackfillTable } from '../erp/tables.ts';
import { conflict, type Refusal } from './hand.ts';
import { type KeyPage, type ResyncRequest, writeKeys } from './resync.ts';

/** Where a backfill stands. `done`: every record was handed over; the last of them are being sent. */
export type BackfillState = 'running' | 'paused' | 'done' | 'failed' | 'cancelled';

/** A re-sync of many records, as `ctg_backfill` has it. */
export type Backfill = ResyncRequest & {
  readonly id: number;
  /** Only records that changed since, as the database reads it; undefined: all. */
  readonly since: string | undefined;
  readonly state: BackfillState;
  readonly reason: string | undefined;
  readonly after: string | undefined;
  readonly pages: number;
  readonly records: number;
  readonly total: number | undefined;
  readonly agent: string | undefined;
  readonly startedAt: Date;
  readonly updatedAt: Date;
  readonly endedAt: Date | undefined;
};

/** What is to be backfilled. */
export type BackfillRequest = ResyncRequest & { readonly since: string | undefined };

/** Stores a backfill for the agents to work on. The same one that is open already is joined instead. */
export async function startBackfill(
  database: Database,
  request: BackfillRequest,
): Promise<{ readonly backfill: Backfill; readonly joined: boolean }> {
  const name = openName(request);
  const { entity, account, force, since } = request;
  const insert = database.kysely.insertInto('ctg_backfill').values({
    entity,
    account,
    since: since ?? null,
    forced: force ? 1 : 0,
    open_name: name,
    state: 'running',
  });
  const written =
    database.dialect === 'postgres' ? insert.onConflict((conflict) => conflict.doNothing()) : insert.ignore();
  const { numInsertedOrUpdatedRows } = await written.executeTakeFirstOrThrow();
  const row = await database.kysely
    .selectFrom('ctg_backfill')
    .selectAll()
    .where('open_name', '=', name)
    .executeTakeFirst();
  // It may have run to its end between the two statements.
  if (!row) return startBackfill(database, request);
  return { backfill: readRow(row), joined: Number(numInsertedOrUpdatedRows ?? 0) === 0 };
}

function openName({ entity, account, force, since }: BackfillRequest): string {
  return [account, entity, since ?? 'all', force ? 'force' : 'upsert'].join('|');
}

/** One backfill. */
export async function findBackfill({ kysely }: Database, id: number): Promise<Backfill | undefined> {
  const row = await kysely.selectFrom('ctg_backfill').selectAll().where('id', '=', id).executeTakeFirst();
  return row && readRow(row);
}

/** The newest first. */
export async function listBackfills({ kysely }: Database, limit: number): Promise<Backfill[]> {
  const rows = await kysely
    .selectFrom('ctg_backfill')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(readRow);
}

/** Those that run, and whether the next page of each may be written by now. */
export async function runningBackfills({
  kysely,
  dialect,
}: Database): Promise<{ readonly backfill: Backfill; readonly isDue: boolean }[]> {
  const due = sql<number>`CASE WHEN next_at IS NULL OR next_at <= ${now(dialect)} THEN 1 ELSE 0 END`;
  const rows = await kysely
    .selectFrom('ctg_backfill')
    .selectAll()
    .select(due.as('due'))
    .where('state', '=', 'running')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ backfill: readRow(row), isDue: Number(row.due) === 1 }));
}

/** Whether so many changes of an entity wait in the outbox. */
export async function outboxHolds({ kysely }: Database, entity: string, count: number): Promise<boolean> {
  return (await outboxWaits(kysely, entity, count)) >= count;
}

/** Notes how many records there are to be walked through. */
export async function noteTotal({ kysely }: Database, id: number, total: number): Promise<void> {
  await kysely.updateTable('ctg_backfill').set({ total }).where('id', '=', id).execute();
}

/**
 * Writes a page into the outbox and moves the backfill on, in one transaction: whoever dies here has written both or
 * neither. Gives false, and writes nothing, when it was stopped meanwhile or another agent wrote this page.
 */
export async function writePage(
  database: Database,
  backfill: Backfill,
  page: KeyPage,
  by: { readonly agent: string; readonly pauseMs: number },
): Promise<boolean> {
  const { dialect } = database;
  return database.transact(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('ctg_backfill')
      .set({
        pages: backfill.pages + 1,
        records: backfill.records + page.keys.length,
        after_key: page.next ?? backfill.after ?? null,
        agent: by.agent,
        reason: null,
        next_at: by.pauseMs > 0 ? fromNow(dialect, by.pauseMs) : null,
        updated_at: now(dialect),
        ...(page.next === undefined && { state: 'done', open_name: null, ended_at: now(dialect) }),
      })
      .where('id', '=', backfill.id)
      .where('state', '=', 'running')
      .where('pages', '=', backfill.pages)
      .executeTakeFirst();
    if (Number(numUpdatedRows) === 0) return false;
    await writeKeys(transaction, page, backfill);
    return true;
  });
}

/** Puts the next page off, or ends a backfill whose records cannot be read; it goes on from there when it is resumed. */
export async function noteFault(
  { kysely, dialect }: Database,
  { id }: Backfill,
  fault: { readonly reason: string; readonly ends: boolean; readonly pauseMs: number },
): Promise<void> {
  await kysely
    .updateTable('ctg_backfill')
    .set({
      reason: fault.reason.slice(0, 1000),
      next_at: fromNow(dialect, fault.pauseMs),
      updated_at: now(dialect),
      ...(fault.ends && { state: 'failed', open_name: null, ended_at: now(dialect) }),
    })
    .where('id', '=', id)
    .where('state', '=', 'running')
    .execute();
}

/** What a person may do with a backfill. */
export type BackfillAction = 'pause' | 'resume' | 'cancel';

/** The refusal for a backfill that there is not. */
export function noBackfill(id: number): Refusal {
  const message = `There is no backfill ${id}.`;
  return { kind: 'refused', code: 'NOT_FOUND', message, fix: 'GET /v1/backfills lists them.' };
}

const FROM: Readonly<Record<BackfillAction, readonly BackfillState[]>> = {
  pause: ['running', 'paused'],
  resume: ['paused', 'failed', 'running'],
  cancel: ['running', 'paused', 'failed', 'cancelled'],
};

/** Pauses, resumes or cancels. What was handed over already stays so. */
export async function changeBackfill(
  database: Database,
  id: number,
  action: BackfillAction,
): Promise<Backfill | Refusal> {
  return database.transact(async (transaction) => {
    const row = await transaction
      .selectFrom('ctg_backfill')
      .selectAll()
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
    if (!row) return noBackfill(id);
    const backfill = readRow(row);
    if (!FROM[action].includes(backfill.state)) return wrongState(backfill, action);
    if (action === 'resume' && (await sameIsOpen(transaction, backfill))) {
      return conflict(
        'The same backfill was started again meanwhile.',
        'Follow that one: GET /v1/backfills.',
      );
    }
    const changed = { ...STATES[action](backfill), updated_at: now(database.dialect) };
    const ended_at = action === 'cancel' ? now(database.dialect) : null;
    await transaction
      .updateTable('ctg_backfill')
      .set({ ...changed, next_at: null, ended_at })
      .where('id', '=', id)
      .execute();
    const after = transaction.selectFrom('ctg_backfill').selectAll().where('id', '=', id);
    return readRow(await after.executeTakeFirstOrThrow());
  });
}

const STATES: Readonly<
  Record<BackfillAction, (backfill: Backfill) => { state: string; open_name: string | null }>
> = {
  pause: (backfill) => ({ state: 'paused', open_name: openName(backfill) }),
  resume: (backfill) => ({ state: 'running', open_name: openName(backfill) }),
  cancel: () => ({ state: 'cancelled', open_name: null }),
};

async function sameIsOpen(executor: Executor, backfill: Backfill): Promise<boolean> {
  const other = await executor
    .selectFrom('ctg_backfill')
    .select('id')
    .where('open_name', '=', openName(backfill))
    .where('id', '!=', backfill.id)
    .executeTakeFirst();
  return other !== undefined;
}

function wrongState({ id, state }: Backfill, action: BackfillAction): Refusal {
  return conflict(
    `Backfill ${id} is ${state}: it cannot be told to ${action}.`,
    'Start a new one with POST /v1/resync (ctg-sync resync ENTITY --all).',
  );
}

const KNOWN: readonly BackfillState[] = ['running', 'paused', 'done', 'failed', 'cancelled'];

function readRow(row: Selectable<BackfillTable>): Backfill {
  return {
    id: row.id,
    entity: row.entity,
    account: row.account,
    force: row.forced === 1,
    since: row.since ?? undefined,
    state: KNOWN.find((state) => state === row.state) ?? 'failed',
    reason: row.reason ?? undefined,
    after: row.after_key ?? undefined,
    pages: row.pages,
    records: Number(row.records),
    total: row.total === null ? undefined : Number(row.total),
    agent: row.agent ?? undefined,
    startedAt: row.started_at,
    updatedAt: row.updated_at,
    endedAt: row.ended_at ?? undefined,
  };
}
