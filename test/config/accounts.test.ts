import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { loadAccounts } from '../../src/config/accounts.ts';
import { requirePlatform } from '../../src/config/require-platform.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { faultNamesOf, settingsErrorOf } from './faults-of.ts';
import { temporaryDirectory, temporaryFile, writeIn } from './temporary-files.ts';

const LOGIN = { CTG_USERNAME: 'erp', CTG_PASSWORD: 'hunter2', CTG_SEC: 'hunter3' };

function loadFile(text: string, env: NodeJS.ProcessEnv = {}) {
  const file = temporaryFile('accounts.yaml', text);
  return loadAccounts(loadSettings({ CTG_ACCOUNTS_FILE: file, ...env }), env);
}

test('the environment makes the account default', () => {
  const account = loadAccounts(loadSettings(LOGIN), {}).get('default');
  expect(account?.username).toBe('erp');
  expect(account?.password.reveal()).toBe('hunter2');
  expect(account?.sec.reveal()).toBe('hunter3');
});

test('no account at all is no fault, half of one is', () => {
  expect(loadAccounts(loadSettings({}), {}).size).toBe(0);
  expect(faultNamesOf(() => loadAccounts(loadSettings({ CTG_PASSWORD: 'x' }), {}))).toEqual([
    'CTG_USERNAME',
    'CTG_SEC',
  ]);
});

test('a file adds accounts, whose secrets may be references', () => {
  const directory = temporaryDirectory();
  writeIn(directory, 'secrets/sec', 'sec-of-file\n');
  const file = writeIn(
    directory,
    'accounts.yaml',
    `- id: north
  username: n
  password: env:NORTH_PASSWORD
  sec: file:secrets/sec
  companyId: C-1
  urls: {order: https://north.example.com/}
- {id: south, username: s, password: literal, sec: x}
`,
  );
  const env = { ...LOGIN, CTG_ACCOUNTS_FILE: file };
  const accounts = loadAccounts(loadSettings(env), { NORTH_PASSWORD: 'of-env' });
  expect([...accounts.keys()]).toEqual(['default', 'north', 'south']);
  expect(accounts.get('north')).toMatchObject({
    companyId: 'C-1',
    urls: { order: 'https://north.example.com' },
  });
  expect(accounts.get('north')?.password.reveal()).toBe('of-env');
  expect(accounts.get('north')?.sec.reveal()).toBe('sec-of-file');
  expect(accounts.get('south')?.password.reveal()).toBe('literal');
});

test('the list may stand under the key accounts', () => {
  expect([...loadFile('accounts:\n  - {id: a, username: u, password: p, sec: s}\n').keys()]).toEqual(['a']);
});

test('no secret of an account is printed or made JSON', () => {
  const accounts = loadAccounts(loadSettings(LOGIN), {});
  const shown =
    inspect(accounts, { depth: 9 }) +
    JSON.stringify([...accounts.values()]) +
    `${accounts.get('default')?.sec}`;
  expect(shown).not.toMatch(/hunter/);
  expect(shown).toContain('[secret]');
});

test('the faults of a file come together, with their path and line', () => {
  const text = `- id: a
  username: u
  password: env:NOT_SET
  sec: file:/nowhere
- id: a
  pasword: hunter2
  username: u
  sec: 12345
  urls: {crm: "http://far.example.com"}
`;
  const { faults, message } = settingsErrorOf(() => loadFile(text));
  const at = Object.fromEntries(faults.map(({ name, where }) => [name, where]));
  expect(at).toEqual({
    'accounts[0].password': 'accounts.yaml:3',
    'accounts[0].sec': 'accounts.yaml:4',
    'accounts[1]': 'accounts.yaml:6',
    'accounts[1].password': 'accounts.yaml:5',
    'accounts[1].sec': 'accounts.yaml:8',
    'accounts[1].urls.crm': 'accounts.yaml:9',
    'accounts[1].id': 'accounts.yaml:5',
  });
  expect(message).toContain('"pasword" (did you mean "password"?)');
  expect(message).toContain(
    'accounts[0].password (accounts.yaml:3): refers to the variable NOT_SET, which is not set',
  );
  expect(message).toContain(
    'accounts[1].sec (accounts.yaml:8): is read as a number, not as text. Fix: put it in quotes',
  );
  expect(message).not.toMatch(/hunter2|12345/);
});

test('an id that the environment has taken already is a fault', () => {
  const text = '- {id: default, username: u, password: p, sec: s}';
  expect(faultNamesOf(() => loadFile(text, LOGIN))).toEqual(['accounts[0].id']);
  expect([...loadFile(text).keys()]).toEqual(['default']);
});

test.each([
  '- {id: a, password: "hunter2, username: u}',
  '- id: a\n  password: hunter2\n  password: hunter2\n',
  '- id: a\n  password: *hunter2\n',
  '- id: a\n  password: @hunter2\n',
  'hunter2',
])('a file that is not sound does not show its content: %j', (text) => {
  expect(
    inspect(
      settingsErrorOf(() => loadFile(text)),
      { depth: 9 },
    ),
  ).not.toContain('hunter2');
});

test('a file that cannot be read is a fault of its setting', () => {
  const settings = loadSettings({ CTG_ACCOUNTS_FILE: '/nowhere/accounts.yaml' });
  expect(faultNamesOf(() => loadAccounts(settings, {}))).toEqual(['CTG_ACCOUNTS_FILE']);
});

test('start knows of an account that has no address of a system', () => {
  const file = temporaryFile(
    'accounts.yaml',
    '- {id: a, username: u, password: p, sec: s, urls: {crm: "https://a.b"}}',
  );
  const settings = loadSettings({ CTG_ACCOUNTS_FILE: file, CTG_DATA_URL: 'https://d.b' });
  const { message } = settingsErrorOf(() => requirePlatform(settings, loadAccounts(settings, {})));
  expect(message).toContain('CTG_ORDER_URL: is missing: no address of order for a');
  expect(message).not.toContain('CTG_CRM_URL');
  expect(message).not.toContain('CTG_DATA_URL');
});
