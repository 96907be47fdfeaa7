const SECRET = /^(sec|pwd|passwd|.*password|.*secret|.*token)$/i;
const PHONE = /(tel|phone|mobile)$/i;
const PERSONAL = /(address|addr|email|birth|real_?name)$/i;

/** What is hidden: everything that says something of a person, or secrets alone. */
export type Masking = 'personal data' | 'secrets';

/** A record as it may be shown: secrets hidden, telephone numbers, addresses and the like recognisable and no more. */
export function maskRecord(
  value: unknown,
  secretFields: readonly string[] = [],
  masking: Masking = 'personal data',
): unknown {
  const secrets = new Set(secretFields);
  const mask = (inner: unknown, name: string): unknown => {
    if (inner === null || inner === undefined) return inner;
    if (SECRET.test(name) || secrets.has(name)) return '***';
    if (Array.isArray(inner)) return inner.map((item) => mask(item, name));
    if (typeof inner === 'object') {
      return Object.fromEntries(Object.entries(inner).map(([key, field]) => [key, mask(field, key)]));
    }
    if (inner === '' || masking === 'secrets') return inner;
    if (PHONE.test(name)) return shorten(String(inner), 3);
    if (PERSONAL.test(name)) return shorten(String(inner), 2);
    return inner;
  };
  return mask(value, '');
}

/** One field's value as it may be shown. */
export function maskField(field: string, value: unknown, secretFields: readonly string[] = []): unknown {
  const masked = maskRecord({ [field]: value }, secretFields);
  return typeof masked === 'object' && masked !== null ? Reflect.get(masked, field) : undefined;
}

/** `138***`: enough to recognise, and its length is not told. */
function shorten(text: string, shown: number): string {
  const letters = [...text];
  return letters.length <= shown * 2 ? '***' : `${letters.slice(0, shown).join('')}***`;
}

/** The JSON text of a ledger column, parsed and masked; what is not JSON is not shown. */
export function maskJson(
  json: string | null,
  secretFields: readonly string[] = [],
  masking: Masking = 'personal data',
): unknown {
  if (json === null) return null;
  try {
    return maskRecord(JSON.parse(json), secretFields, masking);
  } catch {
    return null;
  }
}
