import { Decimal } from 'decimal.js';
import { z } from 'zod';
import type { Bilingual } from '../config/bilingual.ts';

/** Decimal places that money and amounts keep: enough for any price list, and free of float artefacts. */
const DECIMAL_PLACES = 6;

const NUMBER_TEXT = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i;

/** Amounts from here on are a slip of the keyboard, and larger than a JSON number carries exactly with its places. */
const LARGEST = 1e15;

/** What the documents say of a field: as its JSON schema's description, and in Chinese beside it. */
export function says({ en, zh }: Bilingual): { readonly description: string; readonly 'x-zh': string } {
  return { description: en, 'x-zh': zh };
}

/**
 * An exact decimal of an ERP record: a number, or a text such as `"12.50"`. Kept as a plain decimal text, rounded
 * half up to six places, so that equal amounts have one spelling. One that a JSON number could not carry exactly is
 * refused, since the platform would see another amount.
 */
export const decimal = z
  .union([z.number(), z.string()], { error: 'must be a number, for example 12.5 or "12.50"' })
  .transform((value, context): string => {
    const text = String(value).trim();
    const short = readShort(text);
    if (short !== undefined) return short;
    if (!NUMBER_TEXT.test(text)) {
      context.addIssue({
        code: 'custom',
        message: `must be a number such as 12.50, not "${text.slice(0, 40)}"`,
      });
      return z.NEVER;
    }
    const rounded = new Decimal(text).toDecimalPlaces(DECIMAL_PLACES, Decimal.ROUND_HALF_UP);
    const fault = decimalFault(rounded);
    if (fault === undefined) return rounded.toFixed();
    context.addIssue({ code: 'custom', message: fault });
    return z.NEVER;
  });

/** Nearly all amounts: they need no rounding, and a JSON number carries their 15 digits exactly. */
const SHORT = /^(0|[1-9]\d{0,8})(\.\d{1,6})?$/;
const NEEDLESS_ZEROS = /\.?0+$/;

function readShort(text: string): string | undefined {
  const [, whole, places = ''] = SHORT.exec(text) ?? [];
  return whole === undefined ? undefined : whole + places.replace(NEEDLESS_ZEROS, '');
}

function decimalFault(value: Decimal): string | undefined {
  if (value.abs().gte(LARGEST)) return 'is too large: it must be below 1000000000000000';
  return value.eq(value.toNumber()) ? undefined : 'has too many digits to be sent exactly: give at most 15';
}

/** A decimal that may not be below zero: stock, price, amount. */
export const amount = decimal
  .refine((value) => !value.startsWith('-'), { error: 'must not be negative; give 0 or more' })
  .meta(says({ en: 'decimal, 0 or more', zh: '十进制数，不小于 0' }));

/** A decimal above zero. */
export const positive = amount
  .refine((value) => Number(value) > 0, { error: 'must be greater than 0' })
  .meta(says({ en: 'decimal above 0', zh: '十进制数，大于 0' }));

/** A decimal's number on the wire (文档: `stock`, `price`, `goods_price` …), the shortest that means the same. */
export function toWireNumber(value: string): number {
  return Number(value);
}

/** A discount in 折, such as `"98.50"`, from 0.01 to 100. Kept as text. */
export const discount = decimal
  .refine((value) => toHundredths(value) >= 1 && Number(value) <= 100, {
    error: 'must be in 折, from 0.01 to 100, for example "98.50"',
  })
  .meta(says({ en: '折, 0.01 to 100', zh: '折，0.01 至 100' }));

/** A discount in 折 of two places at most, so that its hundredths are the very same discount (接口 6). */
export const exactDiscount = discount
  .refine((value) => new Decimal(value).decimalPlaces() <= 2, {
    error: 'must have at most two decimal places, for example "98.50"',
  })
  .meta(says({ en: '折, 0.01 to 100, two places', zh: '折，0.01 至 100，最多两位小数' }));

/**
 * A discount as the document wants it: hundredths of 折, an integer (接口 6: 98.50折 → 9850). More than two places
 * are rounded half up.
 */
export function toHundredths(value: string): number {
  const [, whole, places = ''] = SHORT.exec(value) ?? [];
  if (whole !== undefined && places.length <= 3) return Number(whole + places.slice(1).padEnd(2, '0'));
  return new Decimal(value).times(100).toDecimalPlaces(0, Decimal.ROUND_HALF_UP).toNumber();
}

/** 折 from the document's hundredths: 9850 → "98.50". */
export function fromHundredths(hundredths: number): string {
  return new Decimal(hundredths).dividedBy(100).toFixed(2);
}

const NOT_STORABLE = 'holds a character that no database takes (NUL, or half of a pair)';

/** One such text would otherwise stop the statement that carries it, and all records beside it. */
function isStorable(value: string): boolean {
  return value.isWellFormed() && !value.includes('\u0000');
}

/** A text that must be there; numbers (ids that an ERP keeps as integers) are taken as text. */
export const text = (longest = 255): z.ZodType<string, string | number> =>
  z
    .union([z.string(), z.number()], { error: 'is required and must be text' })
    .transform((value) => String(value).trim())
    .pipe(
      z
        .string()
        .min(1, { error: 'is required and must not be empty' })
        .max(longest, { error: `must have at most ${longest} characters` })
        .refine(isStorable, { error: NOT_STORABLE }),
    )
    .meta(saysText(longest));

/** A text that may be missing or null: then it is empty. */
export const optionalText = (longest = 255) =>
  z
    .union([z.string(), z.number(), z.null()], { error: 'must be text' })
    .optional()
    .transform((value) => (value === null || value === undefined ? '' : String(value).trim()))
    .pipe(
      z
        .string()
        .max(longest, { error: `must have at most ${longest} characters` })
        .refine(isStorable, { error: NOT_STORABLE }),
    )
    .meta(saysText(longest));

function saysText(longest: number): ReturnType<typeof says> {
  return says({ en: `text, at most ${longest}`, zh: `文本，最多 ${longest} 个字符` });
}

const YES_OR_NO = new Map<unknown, boolean>([
  [true, true],
  [1, true],
  ['1', true],
  ['true', true],
  [false, false],
  [0, false],
  ['0', false],
  ['false', false],
]);

/** Yes or no, in the spellings that databases and CSV files have for it. */
export const flag = z
  .union([z.boolean(), z.number(), z.string()], { error: 'must be true or false' })
  .transform((value, context): boolean => {
    const read = YES_OR_NO.get(typeof value === 'string' ? value.trim().toLowerCase() : value);
    if (read !== undefined) return read;
    context.addIssue({ code: 'custom', message: 'must be true or false (or 1 or 0)' });
    return z.NEVER;
  })
  .meta(says({ en: 'true or false', zh: '`true` 或 `false`' }));

/** An integer, as a number or in digits. */
export const integer = z
  .union([z.number(), z.string()], { error: 'must be a whole number, for example 1' })
  .transform((value, context): number => {
    const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof read === 'number' && Number.isSafeInteger(read)) return read;
    context.addIssue({ code: 'custom', message: 'must be a whole number, for example 1' });
    return z.NEVER;
  })
  .meta(says({ en: 'whole number', zh: '整数' }));

/** A secret, taken as it is: a blank at its end may belong to it. */
export const secretText = z
  .string({ error: 'is required and must be text' })
  .min(1, { error: 'is required and must not be empty' })
  .max(255, { error: 'must have at most 255 characters' })
  .meta(
    says({
      en: 'text, at most 255; or env:NAME, file:PATH',
      zh: '文本，最多 255 个字符；或 env:变量名、file:路径',
    }),
  );
