import { readFileSync } from 'node:fs';
import type { Fault } from './fault.ts';
import { nearest } from './nearest.ts';
import { readSecretFile } from './reference.ts';
import { type SettingDefinition, settingsByName } from './setting-definitions.ts';

/** The texts of the known settings, not parsed yet. */
export type SettingTexts = {
  readonly texts: Readonly<Record<string, string>>;
  readonly faults: readonly Fault[];
};

type Found = { readonly text?: string; readonly fault?: Fault };

/**
 * The text of every setting that is given, by name; a secret's may come from the file that `NAME_FILE` names. An
 * empty variable is one that is not set, as Compose files write them.
 */
export function readSettingTexts(env: NodeJS.ProcessEnv): SettingTexts {
  const texts: Record<string, string> = {};
  const faults: Fault[] = [];
  for (const definition of settingsByName().values()) {
    const { text, fault } = findText(definition, env);
    if (text !== undefined) texts[definition.name] = text;
    if (fault !== undefined) faults.push(fault);
  }
  return { texts, faults };
}

function findText({ name, secret }: SettingDefinition, env: NodeJS.ProcessEnv): Found {
  const text = env[name]?.trim();
  const file = secret ? env[`${name}_FILE`]?.trim() : undefined;
  if (!file) return text ? { text } : {};
  if (text) {
    const fix = `keep one of ${name} and ${name}_FILE`;
    return { fault: { name, problem: `is given twice, also as ${name}_FILE`, fix } };
  }
  return findInFile(name, file);
}

function findInFile(name: string, file: string): Found {
  const reading = readSecretFile(file);
  if (reading.kind === 'value') return { text: reading.value.reveal() };
  return { fault: { name: `${name}_FILE`, problem: reading.problem, fix: reading.fix } };
}

/** What Kubernetes sets for a service whose name begins with `ctg`: nobody's mistake. */
const SERVICE_LINK = /_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP)(_\w+)?)?)$/;

/**
 * A sentence for each `CTG_…` variable that no setting reads, and to which no secret of the accounts file refers, with the
 * name that was probably meant.
 */
export function unknownSettings(env: NodeJS.ProcessEnv, accountsFile: string | undefined): readonly string[] {
  const referred = variablesReferredTo(accountsFile);
  const known = [...settingsByName().values()].flatMap(({ name, secret }) =>
    secret ? [name, `${name}_FILE`] : [name],
  );
  return Object.keys(env)
    .filter((name) => name.startsWith('CTG_') && !known.includes(name) && !referred.has(name))
    .filter((name) => !SERVICE_LINK.test(name))
    .sort()
    .map((name) => warning(name, nearest(name, known)));
}

/** The names behind `env:NAME`. A file that cannot be read is a fault of its own, told where it is loaded. */
function variablesReferredTo(file: string | undefined): ReadonlySet<string> {
  if (file === undefined) return new Set();
  try {
    const text = readFileSync(file, 'utf8');
    return new Set([...text.matchAll(/\benv:(\w+)/g)].map(([, name = '']) => name));
  } catch {
    return new Set();
  }
}

function warning(name: string, meant: string | undefined): string {
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return `${name} is not a setting and has no effect.${hint}`;
}
