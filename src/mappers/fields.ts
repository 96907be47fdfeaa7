import { Decimal } from 'decimal.js';
import { z } from 'zod';

/** Decimal places that money and amounts keep: enough for any price list, and free of float artefacts. */
export const DECIMAL_PLACES = 6;

const NUMBER_TEXT = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i;

/**
 * An exact decimal of an ERP record: a number, or a text such as `"12.50"`. Kept as a plain decimal text, rounded
 * half up to six places, so that equal amounts have one spelling.
 */
export const decimal = z
  .union([z.number(), z.string()], { error: 'must be a number, for example 12.5 or "12.50"' })
  .transform((value, context): string => {
    const text = String(value).trim();
    if (!NUMBER_TEXT.test(text)) {
      context.addIssue({ code: 'custom', message: `must be a number, not "${text.slice(0, 40)}"` });
      return z.NEVER;
    }
    return new Decimal(text).toDecimalPlaces(DECIMAL_PLACES, Decimal.ROUND_HALF_UP).toFixed();
  });

/** A decimal that may not be below zero: stock, price, amount. */
export const amount = decimal.refine((value) => !value.startsWith('-'), { error: 'must not be negative' });

/** A decimal above zero. */
export const positive = amount.refine((value) => Number(value) > 0, { error: 'must be greater than 0' });

/** A decimal's number on the wire (文档: `stock`, `price`, `goods_price` …), the shortest that means the same. */
export function toWireNumber(value: string): number {
  return new Decimal(value).toNumber();
}

/**
 * A discount in 折, such as `"98.50"`, from above 0 to 100. Kept as text.
 */
export const discount = decimal.refine((value) => Number(value) > 0 && Number(value) <= 100, {
  error: 'must be in 折: above 0 and at most 100, for example "98.50"',
});

/**
 * A discount as the document wants it: hundredths of 折, an integer (接口 6: 98.50折 → 9850). More than two places
 * are rounded half up.
 */
export function toHundredths(value: string): number {
  return new Decimal(value).times(100).toDecimalPlaces(0, Decimal.ROUND_HALF_UP).toNumber();
}

/** 折 from the document's hundredths: 9850 → "98.50". */
export function fromHundredths(hundredths: number): string {
  return new Decimal(hundredths).dividedBy(100).toFixed(2);
}

/** A text that must be there; numbers (ids that an ERP keeps as integers) are taken as text. */
export const text = (longest = 255): z.ZodType<string> =>
  z
    .union([z.string(), z.number()], { error: 'is required and must be text' })
    .transform((value) => String(value).trim())
    .pipe(
      z
        .string()
        .min(1, { error: 'is required and must not be empty' })
        .max(longest, { error: `must have at most ${longest} characters` }),
    );

/** A text that may be missing or null: then it is empty. */
export const optionalText = (longest = 255): z.ZodType<string> =>
  z
    .union([z.string(), z.number(), z.null()], { error: 'must be text' })
    .optional()
    .transform((value) => (value === null || value === undefined ? '' : String(value).trim()))
    .pipe(z.string().max(longest, { error: `must have at most ${longest} characters` }));
