import { expect, test } from 'vitest';
import { jsonSchemaOfSources, loadSources } from '../../src/config/sources.ts';
import { faultNamesOf, settingsErrorOf } from './faults-of.ts';
import { temporaryFile } from './temporary-files.ts';

const load = (text: string) => loadSources(temporaryFile('sources.yaml', text));

const SOUND = `goods:
  account: default
  table: erp_part
  key: part_no
  select: |
    SELECT part_no AS entity_key, part_no AS "goodsId", stock::int AS stock
    FROM erp_part WHERE part_no IN (:keys) -- the parts; all of them
  selectAll: SELECT part_no AS entity_key FROM erp_part WHERE part_no > :after ORDER BY part_no LIMIT :limit
  changedSince: {column: updated_at}
  convert:
    name: [trim, unescape-html]
    quality: [{map: {1: 原厂, 2: 副厂}}, {default: 副厂}]
    price: [number, {round: 2}]
  constants: {brand: 博世, active: true}
  writeBack:
    accepted: UPDATE erp_part SET ctg_id = :platform_id WHERE part_no = :key
  watch:
    - table: erp_stock
      key: [part_no]
    - {table: erp_price, keySelect: SELECT part_no AS entity_key FROM erp_price_list WHERE id = NEW.list_id}
order:
  accountColumn: account
  key: [branch, order_no]
  keySeparator: "-"
  select: WITH o AS (SELECT 1) SELECT * FROM o WHERE entity_key IN (:keys)
  lines: {select: "SELECT entity_key, goods_id FROM order_line WHERE entity_key IN (:keys)", orderBy: line_no}
`;

test('no file gives no source maps, and neither does an empty one', () => {
  expect(loadSources(undefined).size).toBe(0);
  expect(load('').size).toBe(0);
});

test('a file gives one source map for each of its entities', () => {
  const sources = load(SOUND);
  expect([...sources.keys()]).toEqual(['goods', 'order']);
  expect(sources.get('goods')).toMatchObject({
    entity: 'goods',
    key: ['part_no'],
    keySeparator: '|',
    convert: {
      name: ['trim', 'unescape-html'],
      quality: [{ map: { '1': '原厂', '2': '副厂' } }, { default: '副厂' }],
      price: ['number', { round: 2 }],
    },
    constants: { brand: '博世', active: true },
    watch: [
      { table: 'erp_stock', key: ['part_no'] },
      {
        table: 'erp_price',
        keySelect: 'SELECT part_no AS entity_key FROM erp_price_list WHERE id = NEW.list_id',
      },
    ],
  });
  expect(sources.get('order')).toMatchObject({ key: ['branch', 'order_no'], keySeparator: '-' });
});

test('a mistyped key or entity is told which was meant', () => {
  const { message } = settingsErrorOf(() =>
    load(`gods: {}
customer:
  key: id
  slect: SELECT 1
`),
  );
  expect(message).toContain(
    'the file (sources.yaml:1): has a key that is not known: "gods" (did you mean "goods"?)',
  );
  expect(message).toContain(
    'customer (sources.yaml:4): has a key that is not known: "slect" (did you mean "select"?)',
  );
  expect(message).toContain('customer.select (sources.yaml:3): is missing. Fix: add it');
});

const withSelect = (select: string) => `goods:\n  key: id\n  select: ${JSON.stringify(select)}\n`;

test.each([
  ['SELECT id AS entity_key FROM t', 'does not use :keys'],
  ['SELECT id AS entity_key, x::keys FROM t', 'does not use :keys'],
  ['SELECT id FROM t WHERE id IN (:keys)', 'does not return entity_key'],
  ['DELETE FROM t WHERE entity_key IN (:keys)', 'is not a SELECT statement'],
  ['SELECT * FROM t WHERE id IN (:keys); DROP TABLE t', 'has a semicolon'],
])('the select "%s" is refused: %s', (select, problem) => {
  expect(settingsErrorOf(() => load(withSelect(select))).message).toContain(
    `goods.select (sources.yaml:3): ${problem}`,
  );
});

const withMore = (more: string) => `${withSelect('SELECT * FROM t WHERE id IN (:keys)')}${more}`;

test.each([
  ['  convert: {name: [trm]}', 'goods.convert.name[0]', '(did you mean "trim"?)'],
  ['  convert: {name: [{percentTozhe: true}]}', 'goods.convert.name[0]', '(did you mean "percentToZhe"?)'],
  ['  convert: {name: [{round: x}]}', 'goods.convert.name[0]', 'is not a conversion'],
  ['  selectAll: SELECT entity_key FROM t', 'goods.selectAll', 'does not use :after'],
  ['  writeBack: {accepted: UPDATE t SET x = 1}', 'goods.writeBack.accepted', 'does not use :key'],
  [
    '  watch: [{table: t, key: a, keySelect: SELECT a AS entity_key}]',
    'goods.watch[0].keySelect',
    'is given together with "key"',
  ],
  ['  {', 'CTG_SOURCES_FILE', 'is not sound YAML'],
])('%s is a fault of %s', (more, name, problem) => {
  const error = settingsErrorOf(() => load(withMore(more)));
  expect(error.faults.map((fault) => fault.name)).toContain(name);
  expect(error.message).toContain(problem);
});

test('an account is a constant or a column, not both', () => {
  expect(faultNamesOf(() => load(withMore('  account: a\n  accountColumn: b\n')))).toEqual([
    'goods.accountColumn',
  ]);
});

test('the JSON Schema names every entity and every key of a source map', () => {
  const schema = JSON.stringify(jsonSchemaOfSources());
  for (const word of ['goods_list_rule', 'selectAll', 'percentToZhe', 'keySelect'])
    expect(schema).toContain(word);
});

const CONDITIONED = `goods:
  table: part
  alias: p
  key: id
  condition: p.active = 1 -- as the ERP's own lists do
  select: SELECT id AS entity_key FROM part p WHERE id IN (:keys) AND :condition
`;

test('the condition stands in one place, and the SELECTs take it in', () => {
  expect(load(CONDITIONED).get('goods')).toMatchObject({
    condition: 'p.active = 1',
    select: 'SELECT id AS entity_key FROM part p WHERE id IN (:keys) AND (p.active = 1)',
  });
});

test.each([
  [' AND :condition', '', 'goods.select (sources.yaml:6): does not use :condition'],
  ['  condition: p.active = 1', '  #', 'uses :condition, which is not given'],
  ['p.active = 1', 'active = 1', 'goods.condition (sources.yaml:5): names no column of "p"'],
  ['p.active = 1 --', 'p.active = 1; --', 'has a semicolon'],
  ['alias: p', 'alias: "p; --"', 'goods.alias (sources.yaml:3): is not a name'],
])('a condition with %s changed to "%s" is refused: %s', (old, other, problem) => {
  expect(settingsErrorOf(() => load(CONDITIONED.replace(old, other))).message).toContain(problem);
});
