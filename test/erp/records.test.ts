import { beforeAll, describe, expect, it } from 'vitest';
import type { SourceMap } from '../../src/config/source-map.ts';
import { readPage, readRecords } from '../../src/erp/records.ts';
import { describeOnEachDatabase, goodsMap } from './databases.ts';

const STOCKS: SourceMap = {
  entity: 'goods',
  key: ['branch', 'part_no'],
  keySeparator: '|',
  accountColumn: 'account',
  select: `SELECT CONCAT(s.branch, '|', s.part_no) AS entity_key, s.branch AS account, s.part_no AS "goodsId",
    s.name AS name, s.maker AS brand, s.grade AS quality, s.stock AS stock, s.price AS price
    FROM stock s WHERE CONCAT(s.branch, '|', s.part_no) IN (:keys) -- the keys' columns, joined`,
  selectAll: `SELECT CONCAT(s.branch, '|', s.part_no) AS entity_key, s.branch AS account FROM stock s
    WHERE CONCAT(s.branch, '|', s.part_no) > :after ORDER BY 1 LIMIT :limit`,
  convert: {
    name: ['unescape-html', 'trim'],
    brand: [{ default: '通用' }],
    quality: [{ map: { 1: '原厂', 2: '副厂' } }],
    price: [{ round: 6 }],
  },
  constants: { oeNumber: '06A115561B', brand: 'never seen' },
};

const ORDERS: SourceMap = {
  entity: 'order',
  key: ['id'],
  keySeparator: '|',
  account: 'north',
  select: 'SELECT o.id AS entity_key FROM orders o WHERE o.id IN (:keys)',
  selectAll: 'SELECT o.id AS entity_key FROM orders o WHERE o.id > :after ORDER BY o.id LIMIT :limit',
  lines: {
    select: `SELECT l.order_id AS entity_key, l.part_no AS "goodsId", l.price AS price, l.left_over AS discount
      FROM order_line l WHERE l.order_id IN (:keys) -- in no order`,
    orderBy: 'l.order_id, l.line_no',
  },
  constants: { companyId: '88' },
  convert: { discount: [{ fractionToZhe: true }, { round: 2 }] },
};

describeOnEachDatabase('records of a source map', (erp) => {
  const isMysql = erp.engine === 'MariaDB';
  const double = isMysql ? 'DOUBLE' : 'double precision';
  const read = (map: SourceMap, keys: readonly string[]) => readRecords(erp.database().kysely, map, keys);
  const page = (map: SourceMap, after: string, limit: number) =>
    readPage(erp.database().kysely, map, { after, limit });

  beforeAll(() =>
    erp.run(
      `CREATE TABLE stock (branch VARCHAR(20) NOT NULL, part_no VARCHAR(40) NOT NULL, name VARCHAR(100), maker VARCHAR(40),
        grade INT, stock INT, price ${double}, PRIMARY KEY (branch, part_no))`,
      `INSERT INTO stock VALUES ('north', 'P|1', ' O&#39;Reilly &amp; Co 😀 ', 'MANN', 1, 10, 4.6728971962617),
        ('north', 'P-2', '火花塞', NULL, 2, 0, 0.1), ('south', 'P-2', '火花塞', '', NULL, NULL, NULL)`,
      'CREATE TABLE orders (id INT PRIMARY KEY)',
      `CREATE TABLE order_line (order_id INT, line_no INT, part_no VARCHAR(40), price NUMERIC(24, 6), left_over NUMERIC(9, 6))`,
      'INSERT INTO orders VALUES (7), (8), (9)',
      `INSERT INTO order_line VALUES (8, 3, 'C', 0.1, 1), (7, 2, 'B', 12.10, 0.985), (8, 1, 'A', 1, NULL), (7, 1, 'A', 38.5, 0.9)`,
    ),
  );

  it('has the key, the account, and the columns under the names of fields', async () => {
    const records = await read(STOCKS, ['north|P|1', 'north|P-2', 'west|P-9']);
    expect([...records.keys()].sort()).toEqual(['north|P-2', 'north|P|1']);
    expect(records.get('north|P|1')).toEqual({
      key: 'north|P|1',
      account: 'north',
      record: {
        goodsId: 'P|1',
        name: "O'Reilly & Co 😀",
        brand: 'MANN',
        oeNumber: '06A115561B',
        quality: '原厂',
        stock: 10,
        price: '4.672897',
      },
    });
  });

  it('leaves out what is NULL, and puts constants only where no column is', async () => {
    const { record } = (await read(STOCKS, ['south|P-2'])).get('south|P-2') ?? {};
    expect(record).toEqual({ goodsId: 'P-2', name: '火花塞', brand: '通用', oeNumber: '06A115561B' });
  });

  it('reads many keys, each once, in as many statements as it takes', async () => {
    const absent = Array.from({ length: 1200 }, (_, index) => `north|absent-${index}`);
    const records = await read(STOCKS, [...absent, 'north|P-2']);
    expect([...records.keys()]).toEqual(['north|P-2']);
  });

  it('puts lines in the order that the map names, and constants into the record alone', async () => {
    const records = await read(ORDERS, ['7', '8', '9']);
    expect(records.get('7')).toEqual({
      key: '7',
      account: 'north',
      record: {
        companyId: '88',
        lines: [
          { goodsId: 'A', price: '38.500000', discount: '90' },
          { goodsId: 'B', price: '12.100000', discount: '98.5' },
        ],
      },
    });
    expect(records.get('8')?.record.lines).toEqual([
      { goodsId: 'A', price: '1.000000' },
      { goodsId: 'C', price: '0.100000', discount: '100' },
    ]);
    expect(records.get('9')?.record.lines).toEqual([]);
  });

  it('gives page after page until there are no more', async () => {
    const first = await page(STOCKS, '', 2);
    const second = await page(STOCKS, first.at(-1)?.key ?? '', 2);
    expect([...first, ...second].map(({ key, account }) => [key, account])).toHaveLength(3);
    expect(new Set([...first, ...second].map(({ key }) => key)).size).toBe(3);
    expect(await page(STOCKS, second.at(-1)?.key ?? '', 2)).toEqual([]);
    expect((await page(ORDERS, '7', 10)).map(({ key }) => key)).toEqual(['8', '9']);
  });

  it('says what is missing where a map does not fit', async () => {
    const { selectAll: _selectAll, ...bare } = ORDERS;
    await expect(page(bare, '', 1)).rejects.toThrow('The source map of order has no "selectAll"');
    const keyless = goodsMap({ select: 'SELECT NULL AS entity_key FROM orders WHERE id IN (:keys)' });
    await expect(read(keyless, ['7'])).rejects.toThrow('must return the column entity_key');
    await expect(read({ ...STOCKS, accountColumn: 'acount' }, ['north|P-2'])).rejects.toThrow('"acount"');
    await expect(read({ ...STOCKS, select: 'SELECT nothing FROM nowhere' }, ['1'])).rejects.toThrow(
      'nowhere',
    );
  });

  it('keeps keys and texts as they are, but for blanks at the ends of keys', async () => {
    await erp.run(
      'CREATE TABLE odd (id CHAR(30) NOT NULL, name VARCHAR(100))',
      `INSERT INTO odd VALUES ('00017', '一'), ('O''Brien', '😀'), ('a b', '')`,
    );
    const map = goodsMap({ select: 'SELECT id AS entity_key, name FROM odd WHERE id IN (:keys)' });
    const records = await read(map, ['00017', "O'Brien", 'a b', '17']);
    expect([...records.values()].map(({ key, record }) => [key, record.name]).sort()).toEqual([
      ['00017', '一'],
      ["O'Brien", '😀'],
      ['a b', ''],
    ]);
  });

  it('gives numbers that may be money as exact text', async () => {
    await erp.run(
      'CREATE TABLE money (id BIGINT PRIMARY KEY, price NUMERIC(24, 6))',
      'INSERT INTO money VALUES (1, 123456789012345678.123456), (2, 0.000001)',
    );
    const map = goodsMap({ select: 'SELECT id AS entity_key, price FROM money WHERE id IN (:keys)' });
    const records = await read(map, ['1', '2']);
    expect(records.get('1')?.record.price).toBe('123456789012345678.123456');
    expect(records.get('2')?.record.price).toBe('0.000001');
  });

  describe.runIf(isMysql)('of an older MySQL', () => {
    it('reads zero dates as none', async () => {
      await erp.run(
        'CREATE TABLE dated (id INT, day DATE, moment DATETIME, stamp TIMESTAMP NULL, year_only YEAR)',
        `INSERT INTO dated VALUES (1, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 2019),
          (2, '2020-02-29', '2020-02-29 12:00:00', NULL, NULL)`,
      );
      const map = goodsMap({
        select: 'SELECT id AS entity_key, day, moment, stamp, year_only FROM dated WHERE id IN (:keys)',
      });
      const records = await read(map, ['1', '2']);
      expect(records.get('1')?.record).toEqual({ year_only: 2019 });
      expect(records.get('2')?.record).toEqual({ day: '2020-02-29', moment: '2020-02-29T12:00:00.000Z' });
    });

    it('reads columns of three-byte UTF-8 and of GBK', async () => {
      await erp.run(
        `CREATE TABLE old (id VARCHAR(20) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci PRIMARY KEY,
          name VARCHAR(50) CHARACTER SET gbk)`,
        "INSERT INTO old VALUES ('刹车片-1', '刹车片'), ('b', '火花塞')",
      );
      const map = goodsMap({
        select: 'SELECT id AS entity_key, name FROM old WHERE id IN (:keys)',
        selectAll: 'SELECT id AS entity_key, name FROM old WHERE id > :after ORDER BY id LIMIT :limit',
      });
      const records = await read(map, ['刹车片-1', 'absent']);
      expect([...records.values()].map(({ record }) => record)).toEqual([{ name: '刹车片' }]);
      expect((await page(map, 'b', 5)).map(({ key }) => key)).toEqual(['刹车片-1']);
    });

    it('reads bits as yes or no, and bytes as text', async () => {
      await erp.run(
        'CREATE TABLE bits (id INT, yes BIT(1), no BIT(1), letter BINARY(1), bytes VARBINARY(20))',
        "INSERT INTO bits VALUES (1, b'1', b'0', 'A', '零件')",
      );
      const map = goodsMap({
        select: 'SELECT id AS entity_key, yes, no, letter, bytes FROM bits WHERE id IN (:keys)',
      });
      const { record } = (await read(map, ['1'])).get('1') ?? {};
      expect(record).toEqual({ yes: true, no: false, letter: 'A', bytes: '零件' });
    });

    it('keeps keys beyond 2^53', async () => {
      await erp.run(
        'CREATE TABLE snow (id BIGINT UNSIGNED PRIMARY KEY)',
        'INSERT INTO snow VALUES (9007199254740993)',
      );
      const map = goodsMap({
        select: 'SELECT id AS entity_key, id AS "goodsId" FROM snow WHERE id IN (:keys)',
      });
      const records = await read(map, ['9007199254740993']);
      expect(records.get('9007199254740993')?.record.goodsId).toBe('9007199254740993');
    });
  });
});
