import { sql } from 'kysely';
import { describe, expect, inject, it } from 'vitest';
import { type Database, openDatabase } from '../../src/erp/database.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { claimDueWatches, dueWatches, writePollResult, writeWatches } from '../../src/ledger/watches.ts';
import { createDatabase } from '../support/services/index.ts';

const WATCHES = 100_000;
const DUE = 2_000;

async function fill(database: Database): Promise<void> {
  const { kysely, dialect } = database;
  const numbers =
    dialect === 'postgres'
      ? sql`SELECT n FROM generate_series(1, ${WATCHES}) AS n`
      : sql`SELECT seq AS n FROM ${sql.raw(`seq_1_to_${WATCHES}`)}`;
  const when =
    dialect === 'postgres'
      ? sql`CASE WHEN n <= ${DUE} THEN now() - interval '1 minute' ELSE now() + n * interval '1 second' END`
      : sql`CASE WHEN n <= ${DUE} THEN NOW(3) - INTERVAL 1 MINUTE ELSE NOW(3) + INTERVAL n SECOND END`;
  const name = dialect === 'postgres' ? sql`'SO-' || n` : sql`CONCAT('SO-', n)`;
  await sql`INSERT INTO ctg_watch (account, poll, entity_key, platform_id, reference, next_at)
    SELECT 'default', 'query-order', ${name}, ${name}, '{}', ${when} FROM (${numbers}) AS numbers`.execute(
    kysely,
  );
  await sql`${sql.raw(dialect === 'postgres' ? 'ANALYZE ctg_watch' : 'ANALYZE TABLE ctg_watch')}`.execute(
    kysely,
  );
}

describe('100,000 open watches', () => {
  for (const url of [inject('postgresUrl'), inject('mariadbUrl')]) {
    const engine = url?.split(':')[0] ?? 'none';
    it.skipIf(url === null)(
      `are read by the index alone, and each due one is taken once (${engine})`,
      async () => {
        const target = await createDatabase(url ?? '');
        const databases = await Promise.all(
          Array.from({ length: 3 }, () => openDatabase({ url: target.url, dataDir: 'memory' })),
        );
        const [first] = databases;
        if (!first) throw new Error('no database');
        await migrate(first);
        await fill(first);
        const plan = await dueWatches(first.kysely, first.dialect, {
          poll: 'query-order',
          limit: 500,
        }).explain();
        const words = JSON.stringify(plan);
        console.log(`plan of the due watches (${engine}): ${words}`);
        expect(words).toContain('ctg_watch_due');
        expect(words).not.toContain('Seq Scan');

        const started = performance.now();
        const taken: number[] = [];
        await Promise.all(
          databases.map(async (database) => {
            for (;;) {
              const due = await claimDueWatches(database, {
                poll: 'query-order',
                limit: 100,
                leaseMs: 60_000,
              });
              if (due.length === 0) return;
              for (const watch of due) {
                taken.push(watch.id);
                const found = { status: '2', detail: {}, terminal: false };
                await writePollResult(database, { watch, shows: 'order', found, nextInMs: 60_000 });
              }
            }
          }),
        );
        console.log(
          `polls written (${engine}): ${Math.round((taken.length / (performance.now() - started)) * 1000)} a second`,
        );
        expect(taken).toHaveLength(DUE);
        expect(new Set(taken).size).toBe(DUE);
        const inbox = await first.kysely
          .selectFrom('ctg_inbox')
          .select((query) => query.fn.countAll<number>().as('rows'))
          .executeTakeFirst();
        expect(Number(inbox?.rows)).toBe(DUE);
        for (const database of databases) await database.close();
        await target.drop();
      },
    );
  }
});

describe('a watch', () => {
  it('writes the inbox only when the status changed, and ends with a final status', async () => {
    const database = await openDatabase({ url: undefined, dataDir: 'memory' });
    await migrate(database);
    const { kysely, dialect } = database;
    await writeWatches(kysely, dialect, [
      { account: 'default', poll: 'query-order', key: 'SO-1', platformId: 'O1', reference: {} },
    ]);
    const see = async (status: string, terminal = false): Promise<boolean> => {
      await kysely
        .updateTable('ctg_watch')
        .set({ next_at: new Date(0) })
        .where('next_at', 'is not', null)
        .execute();
      const [watch] = await claimDueWatches(database, { poll: 'query-order', limit: 1, leaseMs: 1000 });
      if (!watch) throw new Error('the watch is not due');
      const found = { status, detail: {}, terminal };
      return (await writePollResult(database, { watch, shows: 'order', found, nextInMs: 1000 })).changed;
    };
    expect([await see('1'), await see('1'), await see('2'), await see('55', true)]).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(await claimDueWatches(database, { poll: 'query-order', limit: 1, leaseMs: 1000 })).toEqual([]);
    const inbox = await kysely
      .selectFrom('ctg_inbox')
      .select(['status', 'previous_status'])
      .orderBy('id')
      .execute();
    expect(inbox).toEqual([
      { status: '1', previous_status: null },
      { status: '2', previous_status: '1' },
      { status: '55', previous_status: '2' },
    ]);
    await database.close();
  });
});
