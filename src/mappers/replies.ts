import { z } from 'zod';
import type { JsonObject } from './interface.ts';

/** `status` of every reply: 0 is success (文档, all interfaces); some answers carry it as text. */
export const status = z.union([z.number(), z.string()]);

/** The reply that most interfaces share: `{status, msg, sec}`. */
export const plainReply = z.looseObject({ status, msg: z.string().optional(), sec: z.string().optional() });

/**
 * The rows of a reply's `data`: an array, one object, or an object keyed by index (the document prints `{ {…}, {…} }`).
 */
export function rowsOf(reply: JsonObject): JsonObject[] {
  const data = reply.data;
  if (Array.isArray(data)) return data.filter(isObject);
  if (!isObject(data)) return [];
  const keys = Object.keys(data);
  const indexed = keys.length > 0 && keys.every((key) => /^\d+$/.test(key));
  return indexed ? Object.values(data).filter(isObject) : keys.length > 0 ? [data] : [];
}

/**
 * A text of a reply, whatever the case of its key (`order_ID` and `order_id` are one); numbers become text, blanks
 * and absent values undefined.
 */
export function readText(object: JsonObject, key: string): string | undefined {
  const wanted = key.toLowerCase();
  const found = Object.keys(object).find((name) => name.toLowerCase() === wanted);
  const value = found === undefined ? undefined : object[found];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
