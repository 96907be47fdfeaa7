import type { z } from 'zod';
import type { Answer, DeliveryContext, JsonObject, Send, Step, Verdict } from './interface.ts';
import { CRUD, opTypeOf } from './op-types.ts';
import { hasMore, PAGE_SIZE, readText, rowsOf } from './replies.ts';
import { unverified } from './verified-once.ts';

/** Records that the platform knows by some of their own fields, because no reply gives them an id (接口 5, 6). */
export type FieldScheme<R> = {
  readonly via: string;
  /** What the records are called, for people. */
  readonly noun: string;
  readonly record: z.ZodType<R>;
  /** The document's fields that tell one record from another. */
  readonly identity: (record: R) => Readonly<Record<string, string>>;
  /** `param` of an addition, a change or a deletion. */
  readonly param: (record: R, needed: readonly string[]) => JsonObject;
  /** `param` of the query for one identity. */
  readonly filter: (identity: Readonly<Record<string, string>>) => JsonObject;
  /** Whether the platform's row says all that the record says. */
  readonly isSame: (row: JsonObject, record: R) => boolean;
};

/** The record that is worked on: usually the wanted one, else one that must go first because its fields changed. */
type Target<R> = { readonly record: R; readonly wanted: boolean };

/**
 * The next request: what is bound is modified, anything else is looked for first, then added or modified. A record
 * whose identifying fields changed is removed under the old ones before it is added under the new ones. In doubt the
 * query comes first, for what was sent last (`progress.at`).
 */
export function nextByFields<R>(scheme: FieldScheme<R>, context: DeliveryContext<R>): Step {
  const target = targetOf(scheme, context);
  const found = target && foundFor(scheme, context, target);
  if (!target || (!target.wanted && !context.doubt && found === 'none')) {
    return { kind: 'nothing', reason: `The platform does not hold this ${scheme.noun}.` };
  }
  if (context.doubt || (found === undefined && !isBound(scheme, context, target.record))) {
    return find(scheme, context, target);
  }
  if (!target.wanted) return change(scheme, context, { name: 'delete', record: target.record });
  if (found === 'same' && isEqual(context.progress.at, target.record)) return { kind: 'settled' };
  return change(scheme, context, { name: found === 'none' ? 'add' : 'modify', record: target.record });
}

/** What an answer means for such a record. */
export function judgeByFields<R>(
  scheme: FieldScheme<R>,
  context: DeliveryContext<R>,
  { send, answer }: { readonly send: Send; readonly answer: Answer },
): Verdict {
  const target = targetOf(scheme, context);
  if (!target) return { kind: 'rejected', reason: `Nothing was asked of this ${scheme.noun}.` };
  if (answer.kind !== 'accepted') return judgeRefusal(context, send, answer);
  if (send.stage === 'find')
    return judgeFind(scheme, context, { target, page: Number(send.body.pageNum), reply: answer.reply });
  return send.stage === 'delete' ? removed(scheme, context, target) : { kind: 'accepted' };
}

function targetOf<R>(scheme: FieldScheme<R>, context: DeliveryContext<R>): Target<R> | undefined {
  const { record, op, progress, doubt } = context;
  const at = read(scheme, progress.at);
  const isThere = doubt || progress.found === 'same' || progress.found === 'other';
  if (at !== undefined && isThere && !isAlike(scheme, at, record)) return { record: at, wanted: false };
  const old = boundRecord(scheme, context);
  if (old !== undefined && !isAlike(scheme, old, record)) return { record: old, wanted: false };
  if (op === 'upsert') return { record, wanted: true };
  const mayStand = old !== undefined || doubt || at !== undefined || progress.removed === true;
  return mayStand ? { record, wanted: false } : undefined;
}

function read<R>({ record }: FieldScheme<R>, value: unknown): R | undefined {
  const result = record.safeParse(value);
  return result.success ? result.data : undefined;
}

function boundRecord<R>(scheme: FieldScheme<R>, { bound, progress }: DeliveryContext<R>): R | undefined {
  return bound?.present && progress.removed !== true ? read(scheme, bound.record) : undefined;
}

function isBound<R>(scheme: FieldScheme<R>, context: DeliveryContext<R>, record: R): boolean {
  const old = boundRecord(scheme, context);
  return old !== undefined && isAlike(scheme, old, record);
}

function isAlike<R>({ identity }: FieldScheme<R>, left: R, right: R): boolean {
  return isEqual(identity(left), identity(right));
}

function isEqual(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Whether `progress` speaks of the target. */
function isAt<R>(scheme: FieldScheme<R>, { progress }: DeliveryContext<R>, target: Target<R>): boolean {
  const at = read(scheme, progress.at);
  return at !== undefined && isAlike(scheme, at, target.record);
}

function foundFor<R>(scheme: FieldScheme<R>, context: DeliveryContext<R>, target: Target<R>): unknown {
  return isAt(scheme, context, target) ? context.progress.found : undefined;
}

function find<R>(scheme: FieldScheme<R>, context: DeliveryContext<R>, target: Target<R>): Send {
  const { via } = scheme;
  const page = isAt(scheme, context, target) ? Number(context.progress.page ?? 1) : 1;
  const op_type = opTypeOf(context.options, { via, standard: CRUD }, 'query');
  const param = scheme.filter(scheme.identity(target.record));
  return {
    kind: 'send',
    via,
    stage: 'find',
    body: { op_type, param, pageNum: page, pageSize: PAGE_SIZE },
    query: true,
  };
}

function change<R>(
  scheme: FieldScheme<R>,
  { needed, options }: DeliveryContext<R>,
  { name, record }: { readonly name: 'add' | 'modify' | 'delete'; readonly record: R },
): Send {
  const { via } = scheme;
  const op_type = opTypeOf(options, { via, standard: CRUD }, name);
  return { kind: 'send', via, stage: name, body: { op_type, param: scheme.param(record, needed) } };
}

function judgeRefusal<R>(
  context: DeliveryContext<R>,
  send: Send,
  answer: Exclude<Answer, { kind: 'accepted' }>,
): Verdict {
  const { progress, doubt } = context;
  if (send.stage === 'find' && doubt) return unverified(context, answer.message);
  // An addition that is there already, or a change that is refused because somebody removed the record: a query tells.
  const telling = send.stage === 'modify' || (send.stage === 'add' && answer.kind === 'duplicate');
  if (!telling || progress.asked === true) return { kind: 'rejected', reason: answer.message };
  return { kind: 'continue', progress: { ...progress, asked: true, at: context.record }, doubt: true };
}

function judgeFind<R>(
  scheme: FieldScheme<R>,
  context: DeliveryContext<R>,
  { target, page, reply }: { readonly target: Target<R>; readonly page: number; readonly reply: JsonObject },
): Verdict {
  const at = target.record;
  const wanted = scheme.identity(at);
  const row = rowsOf(reply).find((candidate) =>
    Object.entries(wanted).every(([key, value]) => (readText(candidate, key) ?? '') === value),
  );
  if (!row && hasMore(reply, page)) {
    return {
      kind: 'continue',
      progress: { ...kept(context.progress), at, page: page + 1 },
      doubt: context.doubt,
    };
  }
  if (!row && !target.wanted) return removed(scheme, context, target);
  const found = !row ? 'none' : scheme.isSame(row, at) ? 'same' : 'other';
  return { kind: 'continue', progress: { ...kept(context.progress), at, found }, doubt: false };
}

/** What stays true whichever record is worked on. */
function kept({ removed, asked }: JsonObject): JsonObject {
  return { ...(removed === true && { removed }), ...(asked === true && { asked }) };
}

/** The target stands no more: that was the deletion, or the way is free for the record under its new fields. */
function removed<R>(scheme: FieldScheme<R>, context: DeliveryContext<R>, target: Target<R>): Verdict {
  const { op, progress, record } = context;
  const wasBound = isBound(scheme, context, target.record);
  if (op === 'delete' && isAlike(scheme, target.record, record)) return { kind: 'accepted', present: false };
  return {
    kind: 'continue',
    progress: { ...kept(progress), ...(wasBound && { removed: true }) },
    doubt: false,
  };
}

/** The identity of an ERP's record in the platform's list, by these fields; undefined where one is missing. */
export function identityOf(record: JsonObject, fields: readonly string[]): string[] | undefined {
  const parts = fields.map((field) => readText(record, field));
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length ? known : undefined;
}
