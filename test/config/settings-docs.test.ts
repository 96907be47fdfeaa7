import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'dotenv';
import { expect, test } from 'vitest';
import { settingsByName } from '../../src/config/setting-definitions.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = (...args: string[]) =>
  execFileSync(process.execPath, ['scripts/generate-settings-docs.ts', ...args], {
    cwd: root,
    encoding: 'utf8',
  });

test('the documents of the settings are up to date', () => {
  expect(() => run('--check')).not.toThrow();
});

test.each(['en', 'zh'])('the table for the README names every setting (%s)', (language) => {
  const lines = run('--table', language).trim().split('\n').slice(2);
  expect(lines.map((line) => line.split('`')[1]).sort()).toEqual([...settingsByName().keys()].sort());
});

test('the example environment is sound and names every setting', () => {
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  expect(parse(text)).toEqual({});
  expect(Object.keys(parse(text.replaceAll(/^#(?=[A-Z_]+=)/gm, ''))).sort()).toEqual(
    [...settingsByName().keys()].sort(),
  );
});
