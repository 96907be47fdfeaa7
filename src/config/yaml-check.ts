import { z } from 'zod';
import { type Fault, SettingsError } from './fault.ts';
import { suggestion } from './nearest.ts';
import { fixOf } from './reading.ts';
import type { YamlFile, YamlPath } from './yaml-file.ts';

/** What a check gave: the value, or every fault with its path and line. */
export type Checked<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] };

/** A part of a YAML file to check: the data, where it stands in the file, and what faults call it. */
export type YamlPart = {
  readonly yaml: YamlFile;
  readonly data?: unknown;
  readonly at?: YamlPath;
  readonly root?: string;
};

/** Checks a YAML file, or a part of it, against a schema. */
export function checkYaml<T>(schema: z.ZodType<T>, part: YamlPart): Checked<T> {
  const { yaml, data = yaml.data, at = [], root } = part;
  const parsed = schema.safeParse(data);
  if (parsed.success) return { kind: 'value', value: parsed.data };
  const faults = parsed.error.issues.map((issue) => ({
    name: pathText(root === undefined ? issue.path : [root, ...issue.path]),
    where: yaml.where([...at, ...placeOf(issue)]),
    ...describeIssue(issue, data),
  }));
  return { kind: 'faults', faults };
}

/** The value of a check, or a `SettingsError` with its faults. */
export function checkedValue<T>(checked: Checked<T>): T {
  if (checked.kind === 'faults') throw new SettingsError(checked.faults);
  return checked.value;
}

/** `accounts[1].password` of `['accounts', 1, 'password']`. */
function pathText(path: YamlPath): string {
  if (path.length === 0) return 'the file';
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}

/** A mapping whose keys are all known; a mistyped one is told which was meant. */
export function mapping<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => unknownKeys(issue, known),
  });
}

/** A mapping from some of the names to values; a mistyped name is told which was meant. */
export function keyedBy<Name extends string, Value extends z.ZodType>(names: readonly Name[], value: Value) {
  return z.partialRecord(z.enum(names), value, {
    error: (issue) => unknownKeys(issue, names),
  });
}

function unknownKeys(issue: z.core.$ZodRawIssue, known: readonly string[]): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined;
  const named = issue.keys.map((key) => `"${key}"${suggestion(key, known)}`).join(', ');
  return `has a key that is not known: ${named}`;
}

/** An unknown key is pointed at itself, not at the mapping around it. */
function placeOf(issue: z.core.$ZodIssue): YamlPath {
  return issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
}

function describeIssue(issue: z.core.$ZodIssue, data: unknown): Pick<Fault, 'problem' | 'fix'> {
  const fix = fixOf(issue);
  if (fix !== undefined) return { problem: issue.message, fix };
  const [ofKey] = issue.code === 'invalid_key' ? issue.issues : [];
  if (ofKey !== undefined) return describeIssue(ofKey, data);
  if (issue.code === 'unrecognized_keys') return { problem: issue.message, fix: 'rename it or remove it' };
  const value = valueAt(data, issue.path);
  if (issue.code === 'invalid_type' && value === undefined) return { problem: 'is missing', fix: 'add it' };
  if (issue.code === 'invalid_type' && issue.expected === 'string' && isPlain(value)) {
    return { problem: `is read as a ${typeof value}, not as text`, fix: 'put it in quotes' };
  }
  return { problem: lowerFirst(issue.message), fix: 'correct the value' };
}

function isPlain(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

function valueAt(data: unknown, path: YamlPath): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
