import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../../src/erp/database.ts';
import { writeOutbox } from '../../src/erp/outbox.ts';
import type { Change, Script } from './changes.ts';

/** Commits changes, for good: it resolves when they surely are, and has committed them once. */
export type Commit = (name: string, changes: readonly Change[]) => Promise<void>;

const RETRY_MS = 100;

/**
 * The ERP's own transaction on its database. Whether a commit whose answer was lost had taken place is told by the
 * ERP's own row, as it would be by an order in its table.
 */
export function commitBySql(database: Database): Commit {
  return async (name, changes) => {
    const entries = changes.map((each) => ({ account: 'default', op: 'upsert' as const, ...each }));
    const write = (): Promise<void> =>
      database.kysely.transaction().execute(async (transaction) => {
        await sql`INSERT INTO erp_step (name) VALUES (${name})`.execute(transaction);
        await writeOutbox(transaction, entries);
      });
    await untilDone(async () => {
      const known = await sql`SELECT name FROM erp_step WHERE name = ${name}`.execute(database.kysely);
      if (known.rows.length === 0) await write();
    });
  };
}

/** The table of {@link commitBySql}. */
export async function createStepTable({ kysely }: Database): Promise<void> {
  await sql`CREATE TABLE erp_step (name VARCHAR(80) PRIMARY KEY)`.execute(kysely);
}

/** The HTTP intake; one `Idempotency-Key` for each transaction. */
export function commitByIntake(url: string): Commit {
  return (name, changes) =>
    untilDone(async () => {
      const response = await fetch(`${url}/v1/changes`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': name },
        body: JSON.stringify(changes),
        signal: AbortSignal.timeout(10_000),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${response.status} ${text}`);
    });
}

/** Runs a writer's transactions, one after the other, with `gapMs` between them. */
export async function runScript(
  commit: Commit,
  script: Script,
  told: { readonly name: string; readonly gapMs: number; committed(changes: readonly Change[]): void },
): Promise<void> {
  for (const [step, changes] of script.entries()) {
    await commit(`${told.name}-${step}`, changes);
    told.committed(changes);
    await pause(told.gapMs);
  }
}

/** The ERP tries again as well, for as long as its database is away. */
async function untilDone(act: () => Promise<void>): Promise<void> {
  const end = performance.now() + 120_000;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(RETRY_MS);
    }
  }
}
