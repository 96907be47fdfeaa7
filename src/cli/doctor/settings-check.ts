import { loadAccounts } from '../../config/accounts.ts';
import { readEnvironment } from '../../config/environment.ts';
import { requirePlatform } from '../../config/require-platform.ts';
import { loadSettings, type Settings, SettingsError } from '../../config/settings.ts';
import { loadSources } from '../../config/sources.ts';
import { type Configuration, readPaths } from '../settings.ts';
import { type Finding, fault, fine, warning } from './finding.ts';

/** What the settings are, and what is wrong with them. */
export type SettingsCheck = {
  readonly findings: readonly Finding[];
  /** As much of it as can be read; without it nothing else can be looked at. */
  readonly configuration?: Configuration;
};

/** Reads the settings and every file that they name. A faulty file does not hide what is wrong with the next one. */
export function checkSettings(): SettingsCheck {
  const variables = readEnvironment();
  const read = soundly(() => loadSettings(variables));
  if (!read.ok) return { findings: read.findings };
  const settings = read.value;
  const accounts = soundly(() => loadAccounts(settings, variables));
  const sources = soundly(() => loadSources(settings.sourcesFile));
  const platform = soundly(() => readPaths(settings.pathsFile));
  const configuration = {
    settings,
    accounts: accounts.ok ? accounts.value : new Map(),
    sources: sources.ok ? sources.value : new Map(),
    platform: platform.ok ? platform.value : readPaths(undefined),
  };
  const required = accounts.ok ? soundly(() => requirePlatform(settings, accounts.value)) : accounts;
  const faults = [required, sources, platform].flatMap((each) => (each.ok ? [] : each.findings));
  return { findings: [...summary(configuration, faults), ...faults, ...warnings(settings)], configuration };
}

type Sound<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly findings: readonly Finding[] };

function soundly<T>(read: () => T): Sound<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const findings = error.faults.map(({ name, where, problem, fix }) =>
      fault(where === undefined ? name : `${name} (${where})`, `${problem}.`, `${fix}.`),
    );
    return { ok: false, findings };
  }
}

function summary({ accounts, sources }: Configuration, faults: readonly Finding[]): readonly Finding[] {
  if (faults.length > 0) return [];
  return [fine('settings', `sound; ${accounts.size} accounts, ${sources.size} source maps`)];
}

function warnings({ warnings: sentences }: Settings): readonly Finding[] {
  return sentences.map((detail) => warning('settings', detail, 'correct or remove it.'));
}
