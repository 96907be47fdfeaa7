import { expect, test } from 'vitest';
import { type KnownInterface, loadPlatformPaths } from '../../src/config/paths.ts';
import { settingsErrorOf } from './faults-of.ts';
import { temporaryFile } from './temporary-files.ts';

const load = (text: string, known?: readonly KnownInterface[]) =>
  loadPlatformPaths(temporaryFile('paths.yaml', text), known);
const matches = (patterns: readonly RegExp[], text: string) => patterns.some((pattern) => pattern.test(text));

test('without a file the options are the documented defaults', () => {
  const options = loadPlatformPaths(undefined);
  expect(options.interfaces).toEqual({});
  expect(options.key).toEqual({ prefix: 'WEBERP', digits: 16 });
  expect(Object.isFrozen(options) && Object.isFrozen(options.patterns.busy)).toBe(true);
});

test.each([
  ['用户名已存在', { duplicate: true, busy: false, login: false }],
  ['订单重复提交', { duplicate: true, busy: false, login: false }],
  ['Record ALREADY EXISTS', { duplicate: true, busy: false, login: false }],
  ['系统繁忙，请稍后再试', { duplicate: false, busy: true, login: false }],
  ['Too many requests', { duplicate: false, busy: true, login: false }],
  ['用户名或密码错误', { duplicate: false, busy: false, login: true }],
  ['用户不存在', { duplicate: false, busy: false, login: true }],
  ['密码不正确', { duplicate: false, busy: false, login: true }],
  ['商品不存在', { duplicate: false, busy: false, login: false }],
])('the default patterns judge "%s"', (message, expected) => {
  const { duplicate, busy, login } = loadPlatformPaths(undefined).patterns;
  expect({
    duplicate: matches(duplicate, message),
    busy: matches(busy, message),
    login: matches(login, message),
  }).toEqual(expected);
});

test('a file changes only what it names', () => {
  const options = load(`interfaces:
  place-order: {path: /v2/order, timeoutMs: 30000}
  query-order: {opTypes: {status: 3}}
patterns:
  busy: ["限流"]
key: {digits: 13}
`);
  expect(options.interfaces).toEqual({
    'place-order': { path: '/v2/order', timeoutMs: 30_000 },
    'query-order': { opTypes: { status: 3 } },
  });
  expect(options.key).toEqual({ prefix: 'WEBERP', digits: 13 });
  expect(matches(options.patterns.busy, '触发限流')).toBe(true);
  expect(matches(options.patterns.busy, '系统繁忙')).toBe(false);
  expect(matches(options.patterns.duplicate, '已存在')).toBe(true);
});

test('an empty file is as good as none', () => {
  expect(load('# nothing yet\n').key.digits).toBe(16);
});

test('faults name the path, the line and the word that was meant', () => {
  const text = `interfaces:
  place-ordr: {path: /x}
  login: {path: login, timeoutms: 5}
patterns:
  duplicate:
    - fine
    - "(broken"
key: {digits: 3}
`;
  const { message, faults } = settingsErrorOf(() => load(text, [{ name: 'place-order' }, { name: 'login' }]));
  expect(faults).toHaveLength(5);
  expect(message).toContain(
    'interfaces.place-ordr (paths.yaml:2): is not an interface (did you mean "place-order"?). Fix: rename it or remove it',
  );
  expect(message).toContain('interfaces.login.path (paths.yaml:3): does not begin with "/"');
  expect(message).toContain('"timeoutms" (did you mean "timeoutMs"?)');
  expect(message).toContain('patterns.duplicate[1] (paths.yaml:7): is not a regular expression');
  expect(message).toContain('key.digits (paths.yaml:8)');
});

test('an op type that the interface does not have is named, with the one that was meant', () => {
  const text = `interfaces:
  customer:
    opTypes: {ad: 7, modify: 8}
  ship: {opTypes: {add: 1}}
`;
  const known = [{ name: 'customer', opTypes: { add: 1, delete: 2, modify: 3 } }, { name: 'ship' }];
  const { message, faults } = settingsErrorOf(() => load(text, known));
  expect(faults).toHaveLength(2);
  expect(message).toContain(
    'interfaces.customer.opTypes.ad (paths.yaml:3): is not an op type of customer (did you mean "add"?). Fix: use one of add, delete, modify',
  );
  expect(message).toContain(
    'interfaces.ship.opTypes.add (paths.yaml:4): is not an op type of ship. Fix: remove it',
  );
});
