import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readChange } from '../../src/admin/change.ts';
import { loadAccounts } from '../../src/config/accounts.ts';
import { loadPlatformPaths } from '../../src/config/paths.ts';
import { settingsByName } from '../../src/config/setting-definitions.ts';
import { loadSettings, SettingsError } from '../../src/config/settings.ts';
import { loadSources } from '../../src/config/sources.ts';
import { INTERFACES } from '../../src/mappers/registry.ts';
import { temporaryDirectory, writeIn } from '../config/temporary-files.ts';
import { readFixtures } from '../mappers/read-fixtures.ts';
import { mutated } from './mutations.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 25);

describe('records that are not as they should be', () => {
  const pushed = INTERFACES.flatMap((target) =>
    target.push ? [{ name: target.name, push: target.push }] : [],
  );

  it.each(pushed)('$name: are refused in words, or can be sent', ({ name, push }) => {
    const records = readFixtures(name).flatMap(({ fixture }) => (fixture.record ? [fixture.record] : []));
    fc.assert(
      fc.property(fc.constantFrom(...records).chain(mutated), (raw) => {
        const parsed = push.parse(raw);
        if (!parsed.ok) {
          expect(parsed.reason).not.toBe('');
          return;
        }
        push.needs(parsed.record);
        push.freeze(parsed.record, { key: 'K', takeKey: () => 'WEBERP1700000000000001' });
      }),
      { numRuns: RUNS * 4 },
    );
  });
});

describe('changes that are handed in', () => {
  it('are refused by field, or taken', () => {
    const good = {
      account: 'default',
      entity: 'goods',
      key: 'G-1',
      op: 'upsert',
      payload: { goodsId: 'G-1' },
    };
    fc.assert(
      fc.property(mutated(good), (value) => {
        const read = readChange(value);
        if (!read.ok) expect(read.faults).not.toEqual([]);
        else expect(['upsert', 'delete']).toContain(read.entry.op);
      }),
      { numRuns: RUNS * 40 },
    );
  });
});

/** Runs it; a fault of the settings must be told as one, by its name and with what to do. Gives the names. */
function expectOnlySettingsFaults(load: () => unknown): readonly string[] {
  try {
    load();
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    expect(error.faults.every(({ name, problem, fix }) => name !== '' && problem !== '' && fix !== '')).toBe(
      true,
    );
    return error.faults.map(({ name }) => name);
  }
}

describe('settings that are not as they should be', () => {
  const word = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.constantFrom(
      '',
      '-1',
      '1e9',
      'true',
      'off',
      'redis://',
      'postgres://',
      'mysql://u:p@h:99999/d',
      'http://[',
      'redis+cluster://,',
    ),
  );

  it('in the environment, are told by name', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...settingsByName().keys()), word, { maxKeys: 6 }),
        (environment) => {
          const named = expectOnlySettingsFaults(() => loadAccounts(loadSettings(environment), environment));
          expect(named.filter((name) => !settingsByName().has(name))).toEqual([]);
        },
      ),
      { numRuns: RUNS * 20 },
    );
  });

  it('in files, are told by line', () => {
    const directory = temporaryDirectory();
    const good = {
      goods: { table: 'part', key: 'no', select: 'SELECT 1 FROM part WHERE no IN (:keys)' },
      interfaces: { login: { path: '/x', timeoutMs: 5 } },
      patterns: { busy: ['x'] },
      accounts: [{ id: 'a', username: 'u', password: 'p', sec: 's' }],
    };
    fc.assert(
      fc.property(
        mutated(good).map((value) => JSON.stringify(value) ?? ''),
        fc.nat(400),
        (text, cut) => {
          for (const content of [text, text.slice(0, cut)]) {
            const file = writeIn(directory, 'settings.yaml', content);
            expectOnlySettingsFaults(() => loadSources(file));
            expectOnlySettingsFaults(() => loadPlatformPaths(file));
            const environment = { CTG_ACCOUNTS_FILE: file };
            expectOnlySettingsFaults(() => loadAccounts(loadSettings(environment), environment));
          }
        },
      ),
      { numRuns: RUNS * 6 },
    );
  });
});
