const REDACTED = '[redacted]';
const DEEPEST = 8;
const MOST_FIELDS = 200;

const SECRET_NAME =
  /^(sec|pwd|passwd|.*password|.*secret|.*token|(proxy-?)?authorization|(set-?)?cookie|(api|private)[_-]?key|(database|redis)_?url)$/i;
const PHONE_NAME = /^(.*_)?(tel|phone|mobile)$|(Tel|Phone|Mobile)$/;

/** Fields of the line itself that pino hands to {@link redactHttp}. */
const HTTP_NAMES: ReadonlySet<string> = new Set(['req', 'res']);

type Fields = Record<string, unknown>;

/**
 * A copy of a log line's fields that may be written: secrets are redacted by their names (`password`, `sec`, `token`,
 * `authorization`, `cookie`, …) at any depth, telephone numbers keep three digits, errors show type, code, message,
 * stack and cause alone, and texts go through {@link redactText}.
 */
export function redactFields(fields: Fields): Fields {
  return redactObject(fields, []);
}

/**
 * What is logged of an HTTP request or reply: method, URL and status, never headers or bodies. Its fields may be
 * getters of its class, which a copy would lose, so {@link redactFields} leaves `req` and `res` for this.
 */
export function redactHttp(message: unknown): unknown {
  if (typeof message !== 'object' || message === null) return undefined;
  const { method, url, statusCode } = pick(message, ['method', 'url', 'statusCode']);
  return { method, url: typeof url === 'string' ? redactText(url) : undefined, statusCode };
}

function pick(from: object, names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, Reflect.get(from, name)]));
}

/** A text without the credentials of URLs and headers, nor the secrets of JSON that is quoted in it. */
export function redactText(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/]*@/gi, `$1${REDACTED}@`)
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`)
    .replace(/("(?:password|sec|secret|token)"\s*:\s*")[^"]*/gi, `$1${REDACTED}`);
}

/** A text from elsewhere without the telephone numbers that it may quote; three digits stay. */
export function maskPhones(text: string): string {
  return text.replace(/(?<!\d)(1[3-9]\d)\d{8}(?!\d)/g, '$1********');
}

function redactObject(fields: object, around: readonly object[]): Fields {
  const inside = [...around, fields];
  const entries = Object.entries(fields).slice(0, MOST_FIELDS);
  return Object.fromEntries(entries.map(([name, value]) => [name, redactNamed(name, value, inside)]));
}

function redactNamed(name: string, value: unknown, around: readonly object[]): unknown {
  if (value === undefined || value === null) return value;
  if (SECRET_NAME.test(name)) return REDACTED;
  if (around.length === 1 && HTTP_NAMES.has(name)) return value;
  if (PHONE_NAME.test(name) && typeof value !== 'object') return maskPhone(String(value));
  return redactValue(value, around);
}

function redactValue(value: unknown, around: readonly object[]): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (around.includes(value)) return '[circular]';
  if (around.length > DEEPEST) return '[deeper]';
  if (value instanceof Error) return redactError(value, around);
  if (Array.isArray(value)) return redactItems(value, around);
  return hasOwnJson(value) ? redactValue(value.toJSON(), [...around, value]) : redactObject(value, around);
}

function redactItems(items: readonly unknown[], around: readonly object[]): unknown[] {
  return items.slice(0, MOST_FIELDS).map((item) => redactValue(item, [...around, items]));
}

/** Dates, URLs and secrets say themselves how they are written. */
function hasOwnJson(value: object): value is { toJSON: () => unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/** An HTTP client's error carries the whole request, headers and body: none of that is taken over. */
function redactError(error: Error, around: readonly object[]): Fields {
  const { name, message, stack, cause } = error;
  return {
    type: name,
    ...('code' in error ? { code: error.code } : {}),
    message: redactText(message),
    stack: redactText(stack ?? ''),
    ...(cause === undefined ? {} : { cause: redactValue(cause, [...around, error]) }),
  };
}

/** `138********`: enough to recognise, not enough to call. */
function maskPhone(text: string): string {
  return text.length <= 6 ? '***' : text.slice(0, 3) + '*'.repeat(text.length - 3);
}
