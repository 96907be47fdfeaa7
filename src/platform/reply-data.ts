import { isRecord, type Reply } from './reply-json.ts';

/** One record inside a reply. */
export type ReplyRow = Readonly<Record<string, unknown>>;

const INDEX = /^\d+$/;
const NUMERIC = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * The records of a reply's `data`, in whichever of the document's shapes: an array, one object, or an object keyed by
 * index (the document prints `{ {…}, {…} }`). No `data`, or none that holds records, gives none.
 */
export function rowsOf(reply: Reply): readonly ReplyRow[] {
  const data = candidates(reply, 'data').find((value) => value !== null && value !== undefined);
  if (Array.isArray(data)) return data.filter(isRecord);
  if (!isRecord(data)) return [];
  const entries = Object.entries(data);
  const isIndexed = entries.every(([key]) => INDEX.test(key));
  if (!isIndexed) return [data];
  return entries
    .toSorted(([left], [right]) => Number(left) - Number(right))
    .map(([, value]) => value)
    .filter(isRecord);
}

/**
 * The text under a key, whose case does not matter (`order_ID`, `order_id`): trimmed, a number in its digits,
 * nothing when it is empty or no text. An exact match of the key comes first.
 */
export function readText(record: ReplyRow, key: string): string | undefined {
  return firstRead(record, key, toText);
}

/** The number under a key, whose case does not matter; a numeric string counts, an empty one does not. */
export function readNumber(record: ReplyRow, key: string): number | undefined {
  return firstRead(record, key, toNumber);
}

function firstRead<Value>(
  record: ReplyRow,
  key: string,
  read: (value: unknown) => Value | undefined,
): Value | undefined {
  for (const candidate of candidates(record, key)) {
    const value = read(candidate);
    if (value !== undefined) return value;
  }
  return undefined;
}

function candidates(record: ReplyRow, key: string): readonly unknown[] {
  const wanted = key.toLowerCase();
  const others = Object.keys(record).filter((name) => name !== key && name.toLowerCase() === wanted);
  const names = Object.hasOwn(record, key) ? [key, ...others] : others;
  return names.map((name) => record[name]);
}

function toText(value: unknown): string | undefined {
  const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
  if (typeof text !== 'string') return undefined;
  return text.trim() === '' ? undefined : text.trim();
}

function toNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && NUMERIC.test(value.trim()) ? Number(value.trim()) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
