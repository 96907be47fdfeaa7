/** A reply of the platform: one JSON object. Its `status` has been made a number; unknown keys are kept. */
export type Reply = Readonly<Record<string, unknown>>;

/** A reply whose `status` could be read. */
export type ReadableReply = { readonly status: number; readonly reply: Reply };

const INTEGER = /^[+-]?\d+$/;
/** A number of 16 digits or more outside a string (or something that looks like one: then the slow way is merely slow). */
const LONG_NUMBER = /[:[,\s]-?\d{16}/;

/**
 * Reads a reply: a JSON object with a `status` that is a whole number, or a string with one. Anything else gives
 * nothing. Integers beyond 2^53, such as the 19-digit ids that Chinese platforms like, are kept as strings, digit
 * for digit: as numbers they would be rounded to the id of another order.
 */
export function readReply(body: string): ReadableReply | undefined {
  const value = parseJson(body);
  if (!isRecord(value)) return undefined;
  const status = readStatus(value.status);
  // Spreading copies an own `__proto__` key as a plain key; Object.assign would make it the prototype.
  return status === undefined ? undefined : { status, reply: { ...value, status } };
}

/** Whether a value is an object with keys: no array, no null. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readStatus(value: unknown): number | undefined {
  const status = typeof value === 'string' && INTEGER.test(value.trim()) ? Number(value.trim()) : value;
  // Adding 0 turns -0 into 0.
  return typeof status === 'number' && Number.isInteger(status) ? status + 0 : undefined;
}

function parseJson(text: string): unknown {
  try {
    return LONG_NUMBER.test(text) ? JSON.parse(text, keepLongIntegers) : JSON.parse(text);
  } catch {
    // Not JSON, or nested so deeply that the reviver ran out of stack: both cannot be read.
    return undefined;
  }
}

function keepLongIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return context?.source !== undefined && INTEGER.test(context.source) ? context.source : value;
}
