import { z } from 'zod';
import { suggestion } from './nearest.ts';
import { misread, type Reading, readText, understood } from './reading.ts';
import { checkedValue, checkYaml, mapping } from './yaml-check.ts';
import { readYaml } from './yaml-file.ts';

/** What may differ for one interface; what is absent is as the interface itself declares it. */
export type InterfaceOptions = {
  /** Begins with `/`; follows the system's base URL. */
  readonly path?: string;
  readonly timeoutMs?: number;
  /** `op_type` by the interface's own name for it. */
  readonly opTypes?: Readonly<Record<string, number>>;
};

/** Patterns on the platform's `msg`. A message may match several: `duplicate` counts first, then `login`, then `busy`. */
export type MessagePatterns = {
  readonly duplicate: readonly RegExp[];
  readonly busy: readonly RegExp[];
  readonly login: readonly RegExp[];
};

/** What the partner's document leaves open, as this installation has it. */
export type PlatformOptions = {
  readonly interfaces: Readonly<Record<string, InterfaceOptions>>;
  readonly patterns: MessagePatterns;
  /** The idempotency key: the prefix, then a number of so many digits (16 are microseconds). */
  readonly key: { readonly prefix: string; readonly digits: number };
};

const DUPLICATE = ['已存在|重复|duplicate|already exists'];
const BUSY = ['繁忙|稍后|稍候|重试|busy|try again|too many'];
/** `用户名已存在` is a duplicate, so the bare word 用户名 must not be here. */
const LOGIN = [
  '(用户(名)?不存在|密码(不正确|错误)|[秘密]钥(不正确|错误|无效)|用户名或密码|password|未登录|登录失败)',
];

/** What is checked of an interface's options: its name, and the names of its op types, if it has any. */
export type KnownInterface = { readonly name: string; readonly opTypes?: Readonly<Record<string, number>> };

/**
 * The options of `CTG_PATHS_FILE`, over the defaults. `knownInterfaces` lets a mistyped interface or op type be told from a
 * right one. Throws one `SettingsError` with all faults, by YAML path and line.
 */
export function loadPlatformPaths(
  file: string | undefined,
  knownInterfaces?: readonly KnownInterface[],
): PlatformOptions {
  if (file === undefined) return frozen(platformSchema().parse({}));
  const yaml = readYaml({ file, setting: 'CTG_PATHS_FILE' });
  return frozen(checkedValue(checkYaml(platformSchema(knownInterfaces), { yaml, data: yaml.data ?? {} })));
}

function platformSchema(knownInterfaces?: readonly KnownInterface[]): z.ZodType<PlatformOptions> {
  return mapping({
    interfaces: interfacesSchema(knownInterfaces).default({}),
    patterns: mapping({
      duplicate: patternsSchema(DUPLICATE),
      busy: patternsSchema(BUSY),
      login: patternsSchema(LOGIN),
    }).prefault({}),
    key: mapping({
      prefix: z.string().min(1).max(32).default('WEBERP'),
      digits: z.int().min(13).max(20).default(16),
    }).prefault({}),
  });
}

function interfacesSchema(known: readonly KnownInterface[] | undefined) {
  const options = mapping({
    path: readText(readPath).optional(),
    timeoutMs: z.int().min(1).max(600_000).optional(),
    opTypes: z.record(z.string(), z.int()).optional(),
  });
  const names = known?.map(({ name }) => name);
  return z
    .record(
      readText((name) => readInterface(name, names)),
      options,
    )
    .superRefine((interfaces, context) => {
      for (const [name, { opTypes = {} }] of Object.entries(interfaces)) {
        const target = known?.find((each) => each.name === name);
        if (target) refuseUnknownOpTypes(context, target, Object.keys(opTypes));
      }
    });
}

function readInterface(name: string, known: readonly string[] | undefined): Reading<string> {
  if (known === undefined || known.includes(name)) return understood(name);
  return misread(`is not an interface${suggestion(name, known)}`, 'rename it or remove it');
}

/** A mistyped op type would have no effect, and the built-in number would go out. */
function refuseUnknownOpTypes(
  context: z.core.$RefinementCtx,
  { name, opTypes = {} }: KnownInterface,
  given: readonly string[],
): void {
  const known = Object.keys(opTypes);
  for (const word of given.filter((each) => !known.includes(each))) {
    const message = `is not an op type of ${name}${suggestion(word, known)}`;
    const fix = known.length === 0 ? 'remove it: it has no op types' : `use one of ${known.join(', ')}`;
    context.addIssue({ code: 'custom', path: [name, 'opTypes', word], message, params: { fix } });
  }
}

function readPath(text: string): Reading<string> {
  return /^\/\S*$/.test(text)
    ? understood(text)
    : misread('does not begin with "/"', 'write it like /crm/login');
}

function patternsSchema(standard: readonly string[]) {
  return z.array(readText(readPattern)).prefault([...standard]);
}

/** Case does not matter; no `g`, so that a pattern keeps no state between two messages. */
function readPattern(text: string): Reading<RegExp> {
  try {
    return understood(new RegExp(text, 'i'));
  } catch {
    return misread('is not a regular expression', 'escape special characters with a backslash');
  }
}

function frozen({ interfaces, patterns, key }: PlatformOptions): PlatformOptions {
  const frozenPatterns = {
    duplicate: Object.freeze(patterns.duplicate),
    busy: Object.freeze(patterns.busy),
    login: Object.freeze(patterns.login),
  };
  return Object.freeze({
    interfaces: Object.freeze(interfaces),
    patterns: Object.freeze(frozenPatterns),
    key: Object.freeze(key),
  });
}
