import { z } from 'zod';
import { DEFAULT_ACCOUNT } from '../config/accounts.ts';
import { ENTITIES, isEntity } from '../config/entities.ts';
import { nearest, suggestion } from '../config/nearest.ts';
import type { OutboxEntry } from '../erp/outbox.ts';

/** One thing that is wrong with a change. */
export type ChangeFault = { readonly field: string; readonly problem: string; readonly fix: string };

/** A change that was read, or everything that is wrong with it. */
export type ReadChange =
  | { readonly ok: true; readonly entry: OutboxEntry }
  | { readonly ok: false; readonly faults: readonly ChangeFault[] };

const FIELDS = ['account', 'entity', 'key', 'op', 'payload'] as const;

/** Other words for the fields, which are not near enough by their letters. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  entity_key: 'key',
  id: 'key',
  data: 'payload',
  record: 'payload',
  operation: 'op',
  type: 'entity',
};

const LONGEST_KEY = 191;
/** Within what every supported database takes in one statement. */
export const LARGEST_CHANGE_BYTES = 4 * 1024 * 1024;

/**
 * One change as it is handed in. The payload stays as it is: it is checked when the relay takes the change over, and the
 * ledger shows what is wrong.
 */
export const changeSchema = z.strictObject(
  {
    account: z
      .string()
      .regex(/^[\w.-]{1,64}$/, { error: 'is not the id of an account' })
      .default(DEFAULT_ACCOUNT),
    entity: z.string().refine(isEntity, {
      error: ({ input }) => `"${String(input)}" is not an entity${suggestion(String(input), ENTITIES)}`,
    }),
    key: z.string().refine((key) => isKey(key), {
      error: `must have 1 to ${LONGEST_KEY} characters, none of them a control character`,
    }),
    op: z.enum(['upsert', 'delete'], { error: 'is neither "upsert" nor "delete"' }).default('upsert'),
    payload: z.record(z.string(), z.unknown(), { error: 'must be an object: the record' }).nullish(),
  },
  { error: 'must be an object like {"entity": "goods", "key": "G-1", "payload": {…}}' },
);

function isKey(key: string): boolean {
  const length = [...key.trim()].length;
  return length >= 1 && length <= LONGEST_KEY && key.isWellFormed() && !/\p{Cc}/u.test(key);
}

/** MariaDB takes no deeper JSON than 32 levels; a record has three. */
const DEEPEST = 20;

/** Whether a value is nested deeper than a database, or the stack, can take. */
function isTooDeep(value: unknown, levels = DEEPEST): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isTooDeep(inner, levels - 1));
}

const TOO_DEEP: ChangeFault = {
  field: '',
  problem: `is nested deeper than ${DEEPEST} levels`,
  fix: 'Send the record as documented for its entity.',
};

/** Whether a text in it has half of a surrogate pair, which is no character: MariaDB takes no JSON that has one. */
function isBroken(value: unknown): boolean {
  if (typeof value === 'string') return !value.isWellFormed();
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, inner]) => isBroken(name) || isBroken(inner));
}

const BROKEN: ChangeFault = {
  field: '',
  problem: 'holds half of a surrogate pair (\\ud800 to \\udfff alone)',
  fix: 'Cut texts between characters, not inside of one.',
};

/** Reads one change `{account?, entity, key, op?, payload?}`; `force` stands for a re-sync and cannot be handed in. */
export function readChange(value: unknown): ReadChange {
  if (isTooDeep(value)) return { ok: false, faults: [TOO_DEEP] };
  if (isBroken(value)) return { ok: false, faults: [BROKEN] };
  const parsed = changeSchema.safeParse(value);
  if (!parsed.success)
    return { ok: false, faults: parsed.error.issues.flatMap((issue) => faultsOf(issue, value)) };
  const { account, entity, key, op, payload } = parsed.data;
  return { ok: true, entry: { account, entity, key, op, ...(payload && { payload }) } };
}

/** Reads one change of a line of NDJSON. */
export function readChangeLine(line: string): ReadChange {
  if (Buffer.byteLength(line) > LARGEST_CHANGE_BYTES) return { ok: false, faults: [TOO_LARGE] };
  try {
    return readChange(JSON.parse(line));
  } catch (error) {
    const problem = `is not JSON (${error instanceof Error ? error.message : String(error)})`;
    return { ok: false, faults: [{ field: '', problem, fix: 'Write one JSON object a line.' }] };
  }
}

/** The fault of a change that no statement could carry. */
export const TOO_LARGE: ChangeFault = {
  field: '',
  problem: `is larger than ${LARGEST_CHANGE_BYTES / 1024 / 1024} MiB`,
  fix: 'Leave out what the platform does not take; see docs for the fields of each entity.',
};

function faultsOf(issue: z.core.$ZodIssue, value: unknown): ChangeFault[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map(unknownField);
  const field = issue.path.join('.');
  const given = issue.path.length === 0 ? value : valueAt(value, issue.path);
  if (given === undefined && field !== '') return [{ field, problem: 'is missing', fix: fixFor(field) }];
  if (issue.code === 'invalid_type' && issue.expected === 'string') {
    return [{ field, problem: `is a ${typeof given}, not a text`, fix: 'Put it in quotes.' }];
  }
  return [{ field, problem: issue.message, fix: fixFor(field) }];
}

function unknownField(name: string): ChangeFault {
  const meant = OTHER_WORDS[name] ?? nearest(name, FIELDS);
  const fix =
    meant === undefined
      ? 'Fields of the record go inside "payload".'
      : `Call it "${meant}"; fields of the record go inside "payload".`;
  return { field: name, problem: 'is not a field of a change', fix };
}

function fixFor(field: string): string {
  switch (field) {
    case 'entity':
      return `Give one of ${ENTITIES.join(', ')}.`;
    case 'key':
      return "Give the record's own key in the ERP, as text.";
    case 'op':
      return 'Leave it out, or give "upsert" or "delete".';
    case 'account':
      return 'Leave it out, or give the id of an account: letters, digits, ".", "_" and "-".';
    case 'payload':
      return 'Give the record as an object, or leave it out to have it read through the source map.';
    default:
      return 'Correct it.';
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  );
}
