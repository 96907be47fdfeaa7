import { CompiledQuery, type KyselyPlugin, sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ENTITIES } from '../../src/config/entities.ts';
import { type Database, openDatabase } from '../../src/erp/database.ts';
import { readSummary } from '../../src/ledger/balance.ts';
import { readLastErrors } from '../../src/ledger/last-errors.ts';
import { countDead } from '../../src/ledger/listing.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { readInterfaceRates, readMinuteRates } from '../../src/ledger/rates.ts';
import { findRecords } from '../../src/ledger/search.ts';
import { describeOnEachDialect, type OpenStore } from '../support/stores.ts';

const ROWS = Number(process.env.PLAN_ROWS ?? 50_000);

describeOnEachDialect('the console over a large ledger', (store) => {
  let opened: OpenStore;
  let database: Database;
  beforeEach(async () => {
    opened = await store.open();
    database = await openDatabase({ url: opened.env.DATABASE_URL, dataDir: 'memory' });
    await migrate(database);
    await fillLedger(database);
  });
  afterEach(async () => {
    await database.close();
    await opened.drop();
  });

  it('reads overview, search and interfaces without going through the ledger', async () => {
    const { recording, queries } = record(database);
    const scope = { entities: ENTITIES, accounts: ['default'] };
    await readSummary(recording);
    await countDead(recording, 500);
    await readMinuteRates(recording, 1440);
    await readInterfaceRates(recording, 60);
    await readLastErrors(recording, 'list-goods', 1);
    const found = await findRecords(recording, 'K-100', scope);
    expect(found).toMatchObject([{ key: 'K-100' }]);
    await findRecords(recording, 'WEBERP0000000000000100', scope);
    await findRecords(recording, '13900001111', scope);
    const plans = [];
    for (const query of queries) plans.push(...(await fullScans(database, query)));
    expect(queries.length).toBeGreaterThan(12);
    expect(plans).toEqual([]);
  });

  it('would notice one', async () => {
    const { recording, queries } = record(database);
    await recording.kysely.selectFrom('ctg_delivery').select('id').where('reason', '=', 'x').execute();
    expect(await fullScans(database, queries[0])).toHaveLength(1);
  });
});

/** Accepted deliveries for the most part, some rejected, few open. */
async function fillLedger({ kysely, dialect }: Database): Promise<void> {
  const series =
    dialect === 'postgres'
      ? sql`generate_series(1, ${sql.lit(ROWS)}) AS s(seq)`
      : sql.raw(`seq_1_to_${ROWS} s`);
  const key = (prefix: string) =>
    dialect === 'postgres' ? sql`${sql.lit(prefix)} || s.seq` : sql`CONCAT(${sql.lit(prefix)}, s.seq)`;
  const state = sql`CASE WHEN s.seq % 500 = 0 THEN 'rejected' WHEN s.seq % 1000 = 1 THEN 'waiting' ELSE 'accepted' END`;
  const padded =
    dialect === 'postgres'
      ? sql`'WEBERP' || lpad(s.seq::text, 16, '0')`
      : sql`CONCAT('WEBERP', LPAD(s.seq, 16, '0'))`;
  await sql`INSERT INTO ctg_delivery (account, entity, entity_key, op, interface, state, idempotency_key, platform_id, due_at)
    SELECT 'default', 'goods', ${key('K-')}, 'upsert', 'list-goods', ${state}, ${padded}, ${key('P-')},
      CASE WHEN s.seq % 1000 = 1 THEN now() END FROM ${series}`.execute(kysely);
  await sql`INSERT INTO ctg_attempt (delivery_id, interface, stage, outcome, duration_ms)
    SELECT s.seq, 'list-goods', 'list', 'rejected', 1 FROM ${series}`.execute(kysely);
  for (const table of ['ctg_delivery', 'ctg_attempt']) {
    await sql.raw(dialect === 'postgres' ? `ANALYZE ${table}` : `ANALYZE TABLE ${table}`).execute(kysely);
  }
}

/** The same database, and every query that it is asked from now on. */
function record(database: Database): { recording: Database; queries: CompiledQuery[] } {
  const queries: CompiledQuery[] = [];
  const plugin: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => {
      queries.push(database.kysely.getExecutor().compileQuery(node, queryId));
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return { recording: { ...database, kysely: database.kysely.withPlugin(plugin) }, queries };
}

const LARGE = /ctg_delivery|ctg_attempt|^[nw]$/;

/** What in the plan of a query goes through a whole large table. */
async function fullScans({ kysely, dialect }: Database, query?: CompiledQuery): Promise<unknown[]> {
  if (!query || !/^\s*select/i.test(query.sql)) return [];
  const { rows } = await kysely.executeQuery(
    CompiledQuery.raw(`EXPLAIN ${query.sql}`, [...query.parameters]),
  );
  return rows.filter((row) => {
    const line = row as Record<string, unknown>;
    if (dialect === 'postgres') return /Seq Scan on ctg_(delivery|attempt)/.test(String(line['QUERY PLAN']));
    return line.type === 'ALL' && LARGE.test(String(line.table)) && Number(line.rows) > ROWS / 4;
  });
}
