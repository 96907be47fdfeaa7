import { Decimal } from 'decimal.js';
import type { Conversion } from '../config/source-map.ts';

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
]);

/**
 * Applies a source map's conversions to one field, in order. A value that a conversion cannot take is passed on as it
 * is, so that the record's own check names the field and shows the value.
 */
export function convertField(value: unknown, conversions: readonly Conversion[]): unknown {
  return conversions.reduce(convert, value);
}

function convert(value: unknown, conversion: Conversion): unknown {
  if (typeof conversion === 'string') return convertByName(value, conversion);
  if ('default' in conversion) return isAbsent(value) ? conversion.default : value;
  if (value === null || value === undefined) return value;
  // An empty text can be mapped, too: ERPs mix it with NULL.
  if ('map' in conversion) {
    const name = String(value);
    return Object.hasOwn(conversion.map, name) ? conversion.map[name] : value;
  }
  if ('round' in conversion)
    return withDecimal(value, (number) => number.toDecimalPlaces(conversion.round).toFixed());
  if ('percentToZhe' in conversion) return withDecimal(value, (percent) => percent.toFixed());
  return withDecimal(value, (fraction) => fraction.times(100).toFixed());
}

function convertByName(value: unknown, name: 'trim' | 'unescape-html' | 'upper' | 'number'): unknown {
  if (typeof value !== 'string') return value;
  switch (name) {
    case 'trim':
      return value.trim();
    case 'upper':
      return value.toUpperCase();
    case 'unescape-html':
      return unescapeHtml(value);
    case 'number':
      return withDecimal(value, (number) => number.toFixed());
  }
}

function unescapeHtml(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES.get(name.toLowerCase()) ?? whole;
    const code = name[1]?.toLowerCase() === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return isCharacter(code) ? String.fromCodePoint(code) : whole;
  });
}

/** Half a surrogate pair is none: no database takes it. */
function isCharacter(code: number): boolean {
  return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
}

function withDecimal(value: unknown, work: (number: Decimal) => string): unknown {
  const text = String(value).trim();
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i.test(text) ? work(new Decimal(text)) : value;
}

function isAbsent(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}
