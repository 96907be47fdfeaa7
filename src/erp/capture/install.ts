import { sql } from 'kysely';
import type { Database, Dialect, Executor } from '../database.ts';
import { type CaptureOptions, type CapturePlan, planCapture } from './capture.ts';
import { type InstalledTrigger, readInstalled } from './installed.ts';
import { outboxPlace } from './outbox-place.ts';
import { explainRefusal, isLockTimeout } from './refusals.ts';

/** What `install` or `remove` did. */
export type CaptureChange = {
  readonly created: number;
  readonly removed: number;
  readonly switchedOn: number;
};

/**
 * Brings the triggers to what the source maps ask for, and leaves those alone that are right. On PostgreSQL all or
 * nothing, in one transaction; on MySQL, where every such statement commits, a new trigger comes before the one that it
 * replaces goes, so that no change is missed. Waits {@link LOCK_SECONDS} for a table that is in use: behind a statement
 * that waits longer, the ERP's own would queue.
 */
export async function installCapture(
  database: Database,
  options: CaptureOptions,
): Promise<CapturePlan & CaptureChange> {
  return inOneGo(database, async (executor) => {
    const plan = await planCapture({ ...database, kysely: executor }, options);
    const missing = plan.triggers.filter(({ state }) => state === 'missing');
    const off = plan.triggers.filter(({ state }) => state === 'switched off');
    for (const { create } of missing) {
      for (const statement of create) await sql.raw(statement).execute(executor);
    }
    for (const { name, table } of off) {
      await sql`ALTER TABLE ${sql.id(table.schema, table.name)} ENABLE TRIGGER ${sql.id(name)}`.execute(
        executor,
      );
    }
    for (const each of plan.outdated) await drop(executor, database.dialect, each);
    await dropFunctions(executor, database.dialect, plan.outdated);
    return { ...plan, created: missing.length, removed: plan.outdated.length, switchedOn: off.length };
  });
}

/** Takes all of the agent's triggers away, of whatever source maps, and what belongs to them. */
export async function removeCapture(database: Database): Promise<CaptureChange> {
  return inOneGo(database, async (executor) => {
    const { schema } = await outboxPlace(executor, database.dialect);
    const installed = await readInstalled(executor, database.dialect, schema);
    for (const each of installed) await drop(executor, database.dialect, each);
    await dropFunctions(executor, database.dialect, installed);
    return { created: 0, removed: installed.length, switchedOn: 0 };
  });
}

/** How long one attempt waits for a table, and how often it is made. */
const LOCK_SECONDS = 2;
const LOCK_ATTEMPTS = 4;

async function inOneGo<T>(database: Database, work: (executor: Executor) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await onOneConnection(database, work);
    } catch (error) {
      if (attempt < LOCK_ATTEMPTS && isLockTimeout(error)) continue;
      throw explainRefusal(error);
    }
  }
}

async function onOneConnection<T>(
  { kysely, dialect }: Database,
  work: (executor: Executor) => Promise<T>,
): Promise<T> {
  if (dialect === 'postgres') {
    return kysely.transaction().execute(async (transaction) => {
      await sql`SET LOCAL lock_timeout = ${sql.lit(`${LOCK_SECONDS}s`)}`.execute(transaction);
      return work(transaction);
    });
  }
  return kysely.connection().execute(async (connection) => {
    await sql`SET SESSION lock_wait_timeout = ${sql.lit(LOCK_SECONDS)}`.execute(connection);
    try {
      return await work(connection);
    } finally {
      await sql`SET SESSION lock_wait_timeout = DEFAULT`.execute(connection);
    }
  });
}

async function drop(
  executor: Executor,
  dialect: Dialect,
  { schema, table, name }: InstalledTrigger,
): Promise<void> {
  await (dialect === 'postgres'
    ? sql`DROP TRIGGER ${sql.id(name)} ON ${sql.id(schema, table)}`
    : sql`DROP TRIGGER ${sql.id(schema, name)}`
  ).execute(executor);
}

async function dropFunctions(
  executor: Executor,
  dialect: Dialect,
  triggers: readonly InstalledTrigger[],
): Promise<void> {
  if (dialect === 'mysql') return;
  const { schema } = await outboxPlace(executor, dialect);
  for (const name of new Set(triggers.map((each) => each.name))) {
    await sql`DROP FUNCTION ${sql.id(schema, name)}()`.execute(executor);
  }
}
