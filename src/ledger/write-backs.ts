import { sql } from 'kysely';
import { type Database, type Executor, fromNow } from '../erp/database.ts';

/** What the ERP's own table is to be told of a record. */
export type WriteBackNote = {
  readonly account: string;
  readonly entity: string;
  readonly key: string;
  readonly kind: 'accepted' | 'rejected' | 'status';
  readonly platformId: string | undefined;
  readonly op: string | undefined;
  readonly status: string | undefined;
  /** The platform's words, or why it was rejected. */
  readonly message: string | undefined;
};

/** Whether an entity's source map has a statement for this. */
export type WritesBack = (entity: string, kind: WriteBackNote['kind']) => boolean;

/** A note that is due. */
export type DueWriteBack = WriteBackNote & { readonly id: number; readonly attempts: number };

/** Writes notes down, in the transaction of what they tell; they are carried out after it, and until they succeed. */
export async function noteWriteBacks(executor: Executor, notes: readonly WriteBackNote[]): Promise<void> {
  if (notes.length === 0) return;
  await executor
    .insertInto('ctg_write_back')
    .values(
      notes.map((note) => ({
        account: note.account,
        entity: note.entity,
        entity_key: note.key,
        kind: note.kind,
        platform_id: note.platformId ?? null,
        op: note.op ?? null,
        status: note.status ?? null,
        message: note.message?.slice(0, 1000) ?? null,
      })),
    )
    .execute();
}

/** The notes that are due, oldest first, and of each record only the oldest: a later one never comes before it. */
export async function dueWriteBacks({ kysely, dialect }: Database, limit: number): Promise<DueWriteBack[]> {
  const { rows } = await sql<
    { id: number; attempts: number } & Record<(typeof FIELDS)[number], string | null>
  >`
    SELECT ${sql.join(['id', 'attempts', ...FIELDS].map((name) => sql.ref(`w.${name}`)))} FROM ctg_write_back w
    WHERE w.due_at <= ${fromNow(dialect, 0)} AND NOT EXISTS (SELECT 1 FROM ctg_write_back o
      WHERE o.entity = w.entity AND o.entity_key = w.entity_key AND o.account = w.account AND o.id < w.id)
    ORDER BY w.due_at, w.id LIMIT ${sql.lit(limit)}`.execute(kysely);
  return rows.map((row) => ({
    id: row.id,
    attempts: row.attempts,
    account: row.account ?? '',
    entity: row.entity ?? '',
    key: row.entity_key ?? '',
    kind: row.kind === 'accepted' || row.kind === 'rejected' ? row.kind : 'status',
    platformId: row.platform_id ?? undefined,
    op: row.op ?? undefined,
    status: row.status ?? undefined,
    message: row.message ?? undefined,
  }));
}

const FIELDS = ['account', 'entity', 'entity_key', 'kind', 'platform_id', 'op', 'status', 'message'] as const;

/** Takes a note for this transaction, and away with its commit. False while another agent has it, or had. */
export async function takeWriteBack(executor: Executor, id: number): Promise<boolean> {
  const row = await executor
    .selectFrom('ctg_write_back')
    .select('id')
    .where('id', '=', id)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (!row) return false;
  await executor.deleteFrom('ctg_write_back').where('id', '=', id).execute();
  return true;
}

/** Puts a note off after a fault, which is kept with it. */
export async function postponeWriteBack(
  { kysely, dialect }: Database,
  id: number,
  { fault, retryInMs }: { readonly fault: string; readonly retryInMs: number },
): Promise<void> {
  await kysely
    .updateTable('ctg_write_back')
    .set((row) => ({
      attempts: row('attempts', '+', 1),
      fault: fault.slice(0, 1000),
      due_at: fromNow(dialect, Math.round(retryInMs)),
    }))
    .where('id', '=', id)
    .execute();
}
