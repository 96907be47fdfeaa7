import { sql } from 'kysely';
import { afterEach, describe, expect, inject, it } from 'vitest';
import type { SourceMap, Sources } from '../../src/config/source-map.ts';
import { openDatabase } from '../../src/erp/database.ts';
import { readRecords } from '../../src/erp/records.ts';
import { bindStatement } from '../../src/erp/statements.ts';
import { temporaryFile } from '../config/temporary-files.ts';
import { type Setup, type SetupOptions, startSetup } from '../support/running-agent.ts';
import { startMariadb } from '../support/services/index.ts';
import { availableStores, describeOnEachStore, type Store } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { describeOnEachDatabase, goodsMap } from './databases.ts';

const PARTS = goodsMap({
  key: ['part_no'],
  select: `SELECT part_no AS entity_key, branch, part_no AS "goodsId", 'OE-1' AS "oeNumber", 'x' AS name, 1 AS stock,
    1 AS price FROM erp_part WHERE part_no IN (:keys)`,
  accountColumn: 'branch',
});
const sourcesOf = (map: SourceMap): Sources => new Map([[map.entity, map]]);

let setup: Setup | undefined;
afterEach(async () => {
  await setup?.stop();
  setup = undefined;
});

async function start(store: Store, options: SetupOptions, ...tables: readonly string[]): Promise<Setup> {
  setup = await startSetup(store, options);
  for (const each of tables) await sql.raw(each).execute(setup.agent.database.kysely);
  return setup;
}

const NORTH = { username: '13900000000', password: 'north', companyid: 'E2', companyName: '北' };
const SOUTH = { username: '13800000000', password: 'sandbox', companyid: 'E1', companyName: '南' };

function withNorth(map: SourceMap): SetupOptions {
  const yaml = `- {id: north, username: "13900000000", password: env:NORTH, sec: env:NORTH_SEC, companyId: E2}\n`;
  return {
    sources: sourcesOf(map),
    sandbox: { accounts: [SOUTH, NORTH] },
    env: {
      CTG_ACCOUNTS_FILE: temporaryFile('accounts.yaml', yaml),
      NORTH: 'north',
      NORTH_SEC: 'sandbox-sec',
    },
  };
}

const TABLE = 'CREATE TABLE erp_part (part_no VARCHAR(40) PRIMARY KEY, branch VARCHAR(20))';

describeOnEachStore('a row that is gone', (store) => {
  const listed = () => setup?.sandbox.state().goods['13900000000/P-1']?.lastBody;

  it('is deleted in the account that its source map named for it', async () => {
    const running = await start(
      store,
      withNorth(PARTS),
      TABLE,
      "INSERT INTO erp_part VALUES ('P-1', 'north')",
    );
    await running.change({ entity: 'goods', key: 'P-1' });
    await until('it is listed', () => listed()?.stock === 1);
    await running.untilSettled();
    await sql`DELETE FROM erp_part`.execute(running.agent.database.kysely);
    await running.change({ entity: 'goods', key: 'P-1' });
    await until('its stock is 0', () => listed()?.stock === 0, 4_000);
  });

  it('is deleted in the one account of its source map', async () => {
    const { accountColumn: _column, ...rest } = PARTS;
    const map = { ...rest, account: 'north', select: PARTS.select.replace(' branch,', '') };
    const running = await start(store, withNorth(map), TABLE, "INSERT INTO erp_part VALUES ('P-1', 'north')");
    await running.change({ entity: 'goods', key: 'P-1' });
    await until('it is listed', () => listed()?.stock === 1);
    await running.untilSettled();
    await sql`DELETE FROM erp_part`.execute(running.agent.database.kysely);
    await running.change({ entity: 'goods', key: 'P-1', op: 'delete' });
    await until('its stock is 0', () => listed()?.stock === 0, 4_000);
  });
});

describe.each(availableStores())('a key that cannot be a key of the table ($name)', (store) => {
  const isMysql = store.name.startsWith('MariaDB');
  const NUMBERED = goodsMap({
    select: `SELECT id AS entity_key, id AS "goodsId", 'OE-1' AS "oeNumber", 'x' AS name, 1 AS stock, 1 AS price
      FROM erp_part WHERE id IN (:keys)`,
  });

  it('holds up no other key', async () => {
    const [type, row, good, bad] = isMysql
      ? ['VARCHAR(40) CHARACTER SET utf8mb3', "('P-7')", 'P-7', 'P-😀']
      : ['BIGINT', '(7)', '7', 'P-7'];
    const tables = [`CREATE TABLE erp_part (id ${type} PRIMARY KEY)`, `INSERT INTO erp_part VALUES ${row}`];
    const running = await start(store, { sources: sourcesOf(NUMBERED) }, ...tables);
    await running.change({ entity: 'goods', key: bad }, { entity: 'goods', key: good });
    await until(
      'the good one is accepted',
      async () => (await running.deliveries('goods', good)).some((each) => each.state === 'accepted'),
      25_000,
    );
  });
});

describeOnEachStore('a key in another spelling than the row has it', (store) => {
  it('is sent or rejected, never forgotten', async () => {
    const map = goodsMap({
      select: `SELECT id AS entity_key, id AS "goodsId", 'OE-1' AS "oeNumber", 'x' AS name, 1 AS stock, 1 AS price
        FROM erp_part WHERE id IN (:keys)`,
    });
    const tables = ['CREATE TABLE erp_part (id INT PRIMARY KEY)', 'INSERT INTO erp_part VALUES (7)'];
    const running = await start(store, { sources: sourcesOf(map) }, ...tables);
    await running.change({ entity: 'goods', key: '007' });
    await until('there is a delivery', async () => (await running.deliveries('goods')).length > 0, 4_000);
  });
});

describeOnEachDatabase('values of other databases', (erp) => {
  it('keep keys and ids beyond 2^53', async () => {
    await erp.run(
      'CREATE TABLE snow (id BIGINT PRIMARY KEY)',
      'INSERT INTO snow VALUES (1234567890123456789)',
    );
    const map = goodsMap({
      select: 'SELECT id AS entity_key, id AS "goodsId" FROM snow WHERE id IN (:keys)',
    });
    const records = await readRecords(erp.database().kysely, map, ['1234567890123456789']);
    expect(String(records.get('1234567890123456789')?.record.goodsId)).toBe('1234567890123456789');
  });

  it('keep a day the day that it is', async () => {
    await erp.run('CREATE TABLE person (id INT, birth DATE)', "INSERT INTO person VALUES (1, '1990-02-28')");
    const map = goodsMap({ select: 'SELECT id AS entity_key, birth FROM person WHERE id IN (:keys)' });
    expect((await readRecords(erp.database().kysely, map, ['1'])).get('1')?.record.birth).toBe('1990-02-28');
  });
});

describe.skipIf(inject('mariadbUrl') === null)('a MariaDB without backslash escapes', () => {
  it('takes keys as values all the same', async () => {
    const server = await startMariadb({ args: ['--sql-mode=NO_BACKSLASH_ESCAPES'] });
    const database = await openDatabase({ url: server.url, dataDir: 'memory' });
    try {
      await sql`CREATE TABLE part (id VARCHAR(40))`.execute(database.kysely);
      await sql`INSERT INTO part VALUES ('secret')`.execute(database.kysely);
      const find = (key: string) =>
        bindStatement('SELECT id FROM part WHERE id IN (:keys)', { keys: [key] }).execute(database.kysely);
      expect((await find("x') OR 1=1 -- ")).rows).toEqual([]);
      expect((await find('a\\b')).rows).toEqual([]);
    } finally {
      await database.close();
      await server.stop();
    }
  });
});
