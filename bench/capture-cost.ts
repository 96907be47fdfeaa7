// What triggers cost the ERP: its own statements with and without them, alternating, on private servers.
// Use: node bench/capture-cost.ts [--rounds 7]
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import type { Sources } from '../src/config/source-map.ts';
import { installCapture, removeCapture } from '../src/erp/capture/install.ts';
import { type Database, openDatabase } from '../src/erp/database.ts';
import { migrate } from '../src/ledger/migrate.ts';
import { createDatabase, startMariadb, startPostgres } from '../test/support/services/index.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } });
const ROUNDS = Number(values.rounds);
const ROWS = 20_000;

const map = {
  entity: 'goods',
  table: 'part',
  key: ['id'],
  keySeparator: '|',
  select: 'SELECT id AS entity_key FROM part WHERE id IN (:keys)',
} as const;

const VARIANTS: Readonly<Record<string, Sources>> = {
  'all columns': new Map([['goods', map]]),
  'two columns, which did not change': new Map([['goods', { ...map, columns: ['name', 'stock'] }]]),
};

/** The statements of an ERP: many rows at once, and one at a time, as its users save them. */
const WORK: Readonly<Record<string, (database: Database) => Promise<void>>> = {
  [`one UPDATE of ${ROWS} rows`]: async ({ kysely }) => {
    await sql`UPDATE part SET price = price + 1`.execute(kysely);
  },
  '1,000 transactions of one row': async ({ kysely }) => {
    for (let id = 1; id <= 1000; id++)
      await sql`UPDATE part SET price = price + 1 WHERE id = ${id}`.execute(kysely);
  },
  '200 orders saved: 20 lines deleted and inserted': async (database) => {
    for (let id = 1; id <= 200; id++) {
      await database.transact(async (transaction) => {
        await sql`DELETE FROM part WHERE doc = ${id}`.execute(transaction);
        await sql`INSERT INTO part SELECT n + ${id * 20 - 20}, ${id}, 'x', 1, 1 FROM twenty`.execute(
          transaction,
        );
      });
    }
  },
};

for (const [engine, start] of Object.entries({ PostgreSQL: startPostgres, MariaDB: startMariadb })) {
  const server = await start();
  const { url } = await createDatabase(server.url);
  const database = await openDatabase({ url, dataDir: 'memory', connections: 1 });
  await fill(database);
  for (const [variant, sources] of Object.entries(VARIANTS)) {
    for (const [name, work] of Object.entries(WORK)) {
      const { without, with: withTriggers } = await measure(database, sources, work);
      const ratio = (withTriggers / without).toFixed(2);
      console.log(
        `${engine} | ${variant} | ${name} | without ${without.toFixed(0)} ms | with ${withTriggers.toFixed(0)} ms | × ${ratio}`,
      );
    }
  }
  await database.close();
  await server.stop();
}

async function fill(database: Database): Promise<void> {
  const { kysely, dialect } = database;
  await migrate(database);
  await sql`CREATE TABLE part (id INT PRIMARY KEY, doc INT, name VARCHAR(80), price DECIMAL(12, 2), stock INT)`.execute(
    kysely,
  );
  await sql`CREATE INDEX part_doc ON part (doc)`.execute(kysely);
  await sql`CREATE TABLE twenty (n INT)`.execute(kysely);
  await sql`INSERT INTO twenty VALUES ${sql.join(Array.from({ length: 20 }, (_, n) => sql`(${n + 1})`))}`.execute(
    kysely,
  );
  const series =
    dialect === 'postgres'
      ? sql`SELECT n FROM generate_series(1, ${sql.lit(ROWS)}) AS s(n)`
      : sql`SELECT seq AS n FROM ${sql.raw(`seq_1_to_${ROWS}`)}`;
  await sql`INSERT INTO part SELECT n, CEILING(n / 20.0), 'x', 1, 1 FROM (${series}) AS numbers`.execute(
    kysely,
  );
}

async function measure(
  database: Database,
  sources: Sources,
  work: (database: Database) => Promise<void>,
): Promise<{ without: number; with: number }> {
  const times: { without: number[]; with: number[] } = { without: [], with: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const kind of round % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const)) {
      if (kind === 'with') await installCapture(database, { sources, mandatory: false });
      else await removeCapture(database);
      const began = performance.now();
      await work(database);
      // The first round warms up.
      if (round > 0) times[kind].push(performance.now() - began);
      await sql`DELETE FROM ctg_outbox`.execute(database.kysely);
    }
  }
  return { without: median(times.without), with: median(times.with) };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;
}
