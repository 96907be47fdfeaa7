import { z } from 'zod';

/** Text that must be there but may be empty. */
export const text = z.string();

/** Text that must say something. */
export const filledText = z.string().min(1);

/**
 * An identifier. The document never says whether ids are text or numbers, so either is taken; numbers must be integers.
 */
export const identifier = z.union([filledText, z.int()]);

/** An identifier that a request may leave empty, as in the filters of a query. */
export const looseIdentifier = z.union([text, z.int()]);

/** The credentials that every interface of the document carries. */
export const credentialFields = { username: text, password: text, sec: text };

/** 页码 and 每页记录数, which go with queries only; the document's maximum is checked where the setting is known. */
export const pageFields = { pageNum: z.int().min(1), pageSize: z.int().min(1) };

const MAXIMUM_DECIMALS = 6;

/**
 * How many decimals a JSON number needs to be written down: 0.30000000000000004 needs 17.
 */
function countDecimals(value: number): number {
  const [mantissa = '', exponent = '0'] = String(value).split('e');
  const decimals = mantissa.split('.')[1]?.length ?? 0;
  return Math.max(0, decimals - Number(exponent));
}

/** A JSON number that is not negative and has no float artefacts: 库存, 价格, 总价. */
export const decimal = z
  .number()
  .min(0)
  .refine((value) => countDecimals(value) <= MAXIMUM_DECIMALS);

/** 折扣: hundredths of 折 as an integer, "98.50折" is 9850. */
export const discount = z.int().min(0);
