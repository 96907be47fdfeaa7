import type { Selectable } from 'kysely';
import { type Database, type Executor, fromNow, now } from '../erp/database.ts';
import type { ReconcileFindingTable, ReconcileTable } from '../erp/tables.ts';
import type { FieldChange } from './field-changes.ts';
import type { FindingKind, Repair } from './reconcile-verdict.ts';

/** What a comparison does beside telling: nothing, counting what a repair would do, or repairing. */
export type ReconcileMode = 'compare' | 'dry-run' | 'repair';

/** What is asked for. */
export type ReconcileRequest = {
  readonly entity: string;
  /** The only account to be compared; undefined: all. */
  readonly account: string | undefined;
  readonly mode: ReconcileMode;
  readonly requestedBy: 'person' | 'schedule';
};

/** How many of each kind. `same`, the kinds of findings, and `repair_upsert`, `repair_delete`, `repair_force`. */
export type ReconcileCounts = Readonly<Record<string, number>>;

/** One finding, as it is kept. */
export type KeptFinding = {
  readonly kind: FindingKind;
  readonly account: string;
  readonly key?: string;
  readonly identity?: string;
  readonly reason?: string;
  readonly changes?: readonly FieldChange[];
  readonly repair?: Repair;
};

/** A run, and the right to go on with it. */
export type ReconcileRun = { readonly id: number; readonly agentId: string };

/** How far a run is. */
export type ReconcileProgress = {
  readonly phase: string;
  readonly checked: number;
  readonly counts: ReconcileCounts;
};

/** The row of a run. */
export type ReconcileRow = Selectable<ReconcileTable>;

/** A row of its sample. */
export type FindingRow = Selectable<ReconcileFindingTable>;

/** An agent that did not say for so long that it lives has left its run. */
export const RUN_CLAIM_MS = 20_000;

/** Reports that are kept; older ones go. */
const REPORTS_KEPT = 200;

/**
 * Begins a run, unless one of the same entity goes on: then that one's id is given. A run whose agent is dead is first
 * marked as interrupted.
 */
export async function beginRun(
  database: Database,
  request: ReconcileRequest,
  agentId: string,
): Promise<
  { readonly kind: 'begun'; readonly run: ReconcileRun } | { kind: 'busy'; id: number | undefined }
> {
  await markInterrupted(database, request.entity);
  try {
    return { kind: 'begun', run: { id: await insertRun(database, request, agentId), agentId } };
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    const other = await database.kysely
      .selectFrom('ctg_reconcile')
      .select('id')
      .where('open_entity', '=', request.entity)
      .executeTakeFirst();
    return { kind: 'busy', id: other && Number(other.id) };
  }
}

async function markInterrupted({ kysely, dialect }: Database, entity: string): Promise<void> {
  await kysely
    .updateTable('ctg_reconcile')
    .set({ state: 'interrupted', open_entity: null, ended_at: now(dialect), reason: 'Its agent died.' })
    .where('open_entity', '=', entity)
    .where('alive_until', '<', now(dialect))
    .execute();
}

async function insertRun(
  { kysely, dialect }: Database,
  { entity, account, mode, requestedBy }: ReconcileRequest,
  agentId: string,
): Promise<number> {
  const insert = kysely.insertInto('ctg_reconcile').values({
    entity,
    account: account ?? null,
    mode,
    state: 'running',
    open_entity: entity,
    requested_by: requestedBy,
    agent: agentId,
    phase: 'starting',
    counts: '{}',
    alive_until: fromNow(dialect, RUN_CLAIM_MS),
  });
  if (dialect === 'postgres') return Number((await insert.returning('id').executeTakeFirstOrThrow()).id);
  return Number((await insert.executeTakeFirstOrThrow()).insertId);
}

/** The unique index on `open_entity` lets one run of an entity go on. */
function isDuplicate(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && (error.code === '23505' || error.code === 'ER_DUP_ENTRY')
  );
}

/** Says that the run lives. False: it was taken for dead, or has ended. */
export async function keepAlive({ kysely, dialect }: Database, run: ReconcileRun): Promise<boolean> {
  const kept = await kysely
    .updateTable('ctg_reconcile')
    .set({ alive_until: fromNow(dialect, RUN_CLAIM_MS) })
    .where('id', '=', run.id)
    .where('open_entity', 'is not', null)
    .executeTakeFirst();
  return Number(kept.numUpdatedRows) > 0;
}

/** Notes how far a run is, in the transaction of what it does. False when the run is not its agent's any more. */
export async function noteProgress(
  executor: Executor,
  { dialect }: Database,
  run: ReconcileRun,
  { phase, checked, counts }: ReconcileProgress,
): Promise<boolean> {
  const noted = await executor
    .updateTable('ctg_reconcile')
    .set({ phase, checked, counts: JSON.stringify(counts), alive_until: fromNow(dialect, RUN_CLAIM_MS) })
    .where('id', '=', run.id)
    .where('open_entity', 'is not', null)
    .executeTakeFirst();
  return Number(noted.numUpdatedRows) > 0;
}

/** Keeps a part of the sample. */
export async function keepFindings(
  executor: Executor,
  run: ReconcileRun,
  findings: readonly KeptFinding[],
): Promise<void> {
  if (findings.length === 0) return;
  const rows = findings.map(({ kind, account, key, identity, reason, changes, repair }) => ({
    reconcile_id: run.id,
    kind,
    account,
    entity_key: key ?? null,
    identity: identity ?? null,
    reason: reason?.slice(0, 1000) ?? null,
    changes: changes === undefined ? null : JSON.stringify(changes),
    repair: repair ?? null,
  }));
  await executor.insertInto('ctg_reconcile_finding').values(rows).execute();
}

/** Notes whether the platform's own lists were read. */
export async function notePlatform(
  { kysely }: Database,
  run: ReconcileRun,
  platform: readonly unknown[],
): Promise<void> {
  await kysely
    .updateTable('ctg_reconcile')
    .set({ platform: JSON.stringify(platform) })
    .where('id', '=', run.id)
    .execute();
}

/** Ends a run. One that was taken over stays as it is. */
export async function endRun(
  { kysely, dialect }: Database,
  run: ReconcileRun,
  { state, reason }: { readonly state: 'done' | 'failed' | 'interrupted'; readonly reason?: string },
): Promise<void> {
  await kysely
    .updateTable('ctg_reconcile')
    .set({ state, reason: reason?.slice(0, 1000) ?? null, open_entity: null, ended_at: now(dialect) })
    .where('id', '=', run.id)
    .where('open_entity', 'is not', null)
    .execute();
}

/** The newest reports first. Runs whose agent is dead are shown as interrupted. */
export async function listRuns(
  { kysely, dialect }: Database,
  {
    entity,
    before,
    limit,
  }: { readonly entity?: string | undefined; readonly before?: number | undefined; readonly limit: number },
): Promise<ReconcileRow[]> {
  let query = kysely.selectFrom('ctg_reconcile').selectAll().orderBy('id', 'desc').limit(limit);
  if (entity !== undefined) query = query.where('entity', '=', entity);
  if (before !== undefined) query = query.where('id', '<', before);
  const dead = await deadRuns({ kysely, dialect });
  return (await query.execute()).map((row) => asSeen(row, dead));
}

/** One report. */
export async function readRun({ kysely, dialect }: Database, id: number): Promise<ReconcileRow | undefined> {
  const row = await kysely.selectFrom('ctg_reconcile').selectAll().where('id', '=', id).executeTakeFirst();
  return row && asSeen(row, await deadRuns({ kysely, dialect }));
}

async function deadRuns({ kysely, dialect }: Pick<Database, 'kysely' | 'dialect'>): Promise<Set<number>> {
  const rows = await kysely
    .selectFrom('ctg_reconcile')
    .select('id')
    .where('open_entity', 'is not', null)
    .where('alive_until', '<', now(dialect))
    .execute();
  return new Set(rows.map(({ id }) => Number(id)));
}

function asSeen(row: ReconcileRow, dead: ReadonlySet<number>): ReconcileRow {
  return dead.has(Number(row.id)) ? { ...row, state: 'interrupted', reason: 'Its agent died.' } : row;
}

/** The sample of a report, in the order in which it was found. */
export async function readFindings(
  { kysely }: Database,
  id: number,
  { kind, limit }: { readonly kind?: string | undefined; readonly limit: number },
): Promise<FindingRow[]> {
  let query = kysely
    .selectFrom('ctg_reconcile_finding')
    .selectAll()
    .where('reconcile_id', '=', id)
    .orderBy('id')
    .limit(limit);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  return query.execute();
}

/** Removes all but the newest reports, with their samples. Gives how many. */
export async function clearRuns({ kysely }: Pick<Database, 'kysely'>, kept = REPORTS_KEPT): Promise<number> {
  const oldest = await kysely
    .selectFrom('ctg_reconcile')
    .select('id')
    .orderBy('id', 'desc')
    .limit(1)
    .offset(kept)
    .executeTakeFirst();
  if (!oldest) return 0;
  await kysely.deleteFrom('ctg_reconcile_finding').where('reconcile_id', '<=', oldest.id).execute();
  const removed = await kysely.deleteFrom('ctg_reconcile').where('id', '<=', oldest.id).executeTakeFirst();
  return Number(removed.numDeletedRows);
}
