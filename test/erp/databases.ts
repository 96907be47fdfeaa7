import { sql } from 'kysely';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import type { SourceMap } from '../../src/config/source-map.ts';
import { type Database, openDatabase } from '../../src/erp/database.ts';
import { createDatabase } from '../support/services/index.ts';

/** An ERP's database, empty at first, and shared by the tests of one suite. */
export type ErpDatabase = {
  readonly engine: 'PGlite' | 'PostgreSQL' | 'MariaDB';
  readonly database: () => Database;
  /** Its address; undefined when it is embedded. */
  readonly url: () => string | undefined;
  /** Runs statements one after the other. */
  readonly run: (...statements: readonly string[]) => Promise<void>;
};

/** Runs one suite on each of the databases that an ERP may have. */
export function describeOnEachDatabase(title: string, suite: (erp: ErpDatabase) => void): void {
  const urls = { PGlite: undefined, PostgreSQL: inject('postgresUrl'), MariaDB: inject('mariadbUrl') };
  for (const engine of ['PGlite', 'PostgreSQL', 'MariaDB'] as const) {
    const url = urls[engine];
    if (url === null) continue;
    describe(`${title} (${engine})`, () => suite(openForSuite(engine, url)));
  }
}

function openForSuite(engine: ErpDatabase['engine'], server: string | undefined): ErpDatabase {
  let database: Database | undefined;
  let url: string | undefined;
  let drop = async (): Promise<void> => undefined;
  const opened = (): Database => {
    if (!database) throw new Error('The database is not open yet.');
    return database;
  };
  beforeAll(async () => {
    const created = server === undefined ? undefined : await createDatabase(server);
    url = created?.url;
    database = await openDatabase({ url, dataDir: 'memory', connections: 2 });
    if (created) drop = created.drop;
  });
  afterAll(async () => {
    await database?.close();
    await drop();
  });
  const run = async (...statements: readonly string[]): Promise<void> => {
    for (const statement of statements) await sql.raw(statement).execute(opened().kysely);
  };
  return { engine, database: opened, url: () => url, run };
}

/** A source map of goods; `fields` are what differs. */
export function goodsMap(fields: Partial<SourceMap> & Pick<SourceMap, 'select'>): SourceMap {
  return { entity: 'goods', key: ['id'], keySeparator: '|', ...fields };
}
