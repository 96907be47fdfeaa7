import { z } from 'zod';
import type { JsonObject } from './interface.ts';

/** `status` of every reply: 0 is success (文档, all interfaces); some answers carry it as text. */
const status = z.union([z.number(), z.string()]);

/** The reply that most interfaces share: `{status, msg, sec}`. */
export const plainReply = z.looseObject({ status, msg: z.string().optional(), sec: z.string().optional() });

/** The reply to a paged query (接口 4, 5, 6); the changes of these interfaces have the plain one. */
export const pagedReply = plainReply.extend({
  pageNum: z.unknown().optional(),
  pageSize: z.unknown().optional(),
  totalRecords: z.unknown().optional(),
  currentSize: z.unknown().optional(),
  data: z.unknown().optional(),
});

/** Records a page (文档: 每页记录数, 最大50). */
export const PAGE_SIZE = 50;

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

/** Whether a paged query has more after this page; where no total is told, a full page says so. */
export function hasMore(reply: JsonObject, page: number): boolean {
  const rows = rowsOf(reply).length;
  const total = Number(readText(reply, 'totalRecords') ?? Number.NaN);
  return rows > 0 && (Number.isNaN(total) ? rows >= PAGE_SIZE : page * PAGE_SIZE < total);
}

/**
 * A text of a reply, whatever the case of its key (`order_ID` and `order_id` are one); numbers become text, blanks
 * and absent values undefined. An exact match of the key comes first.
 */
export function readText(object: JsonObject, key: string): string | undefined {
  const wanted = key.toLowerCase();
  const others = Object.keys(object).filter((name) => name !== key && name.toLowerCase() === wanted);
  const texts = [key, ...others].map((name) => textOf(object[name]));
  return texts.find((text) => text !== undefined);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** Those of the document's keys that a reply has, under the document's own spelling. */
export function pickTexts(object: JsonObject, keys: readonly string[]): Record<string, string> {
  const found = keys.map((key) => [key, readText(object, key)] as const);
  return Object.fromEntries(
    found.flatMap(([key, text]) => (text === undefined ? [] : [[key, text] as const])),
  );
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
