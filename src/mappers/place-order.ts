import { z } from 'zod';
import {
  amount,
  discount,
  flag,
  optionalText,
  positive,
  text,
  toHundredths,
  toWireNumber,
} from './fields.ts';
import {
  type Answer,
  type Consequences,
  type DeliveryContext,
  defineInterface,
  type FollowUp,
  type Frozen,
  type JsonObject,
  type PrepareContext,
  type Send,
  type Step,
  type Verdict,
} from './interface.ts';
import { plainReply, readText, rowsOf } from './replies.ts';

const line = z.strictObject({
  goodsId: text(64),
  sellerId: text(64),
  sellerCompanyName: text(191),
  goodsName: text(255),
  price: amount,
  amount: positive,
  discount: discount.prefault('100'),
  totalPrice: amount,
});

const order = z.strictObject({
  companyId: text(64),
  lines: z
    .array(line, { error: 'is required: a list of order lines' })
    .min(1, { error: 'must have at least one line' }),
  remind: flag.prefault(true),
  message: optionalText(255),
});

type Order = z.infer<typeof order>;

const wireLine = z.strictObject({
  companyID: z.string(),
  goods_id: z.string(),
  seller_ID: z.string(),
  seller_company_name: z.string(),
  goods_name: z.string(),
  goods_price: z.number(),
  goods_amount: z.number(),
  discount: z.number(),
  goods_totalPrice: z.number(),
  timestamp: z.string(),
});

// Made once: zod takes longer to make a schema than to read an order with it.
const wireLines = z.array(wireLine);
const acknowledgedKeys = z.array(z.string()).catch([]);

/**
 * 接口 8, 下单. Each line has its own key (`timestamp`), chosen and stored before the first send; lines that the
 * platform did not acknowledge are sent again with the same keys and the same content, until every line is.
 */
export const placeOrder = defineInterface<Order>({
  number: 8,
  name: 'place-order',
  title: '下单',
  system: 'order',
  path: '/order/place',
  kind: 'once',
  inDoubt: {
    en: 'Sent again with the same keys (timestamp) and the same body, so the platform knows each line again.',
    zh: '以相同的键（`timestamp`）和相同的内容重发，平台据此认出每一行。',
  },
  request: z.strictObject({ param: wireLines }),
  reply: plainReply.extend({
    companyID: z.unknown().optional(),
    companyName: z.unknown().optional(),
    order_id: z.unknown().optional(),
    data: z.unknown().optional(),
  }),
  push: {
    entity: 'order',
    record: order,
    changeable: false,
    companyField: 'companyId',
    deletable: 'An order cannot be withdrawn on the platform: its document has no such interface.',
    freeze,
    next: nextLines,
    judge: judgeOrder,
    follow,
  },
});

function freeze(record: Order, { takeKey }: PrepareContext): Frozen {
  const lines = record.lines.map((item) => ({
    companyID: record.companyId,
    goods_id: item.goodsId,
    seller_ID: item.sellerId,
    seller_company_name: item.sellerCompanyName,
    goods_name: item.goodsName,
    goods_price: toWireNumber(item.price),
    goods_amount: toWireNumber(item.amount),
    discount: toHundredths(item.discount),
    goods_totalPrice: toWireNumber(item.totalPrice),
    timestamp: takeKey(),
  }));
  return { ...(lines[0] && { idempotencyKey: lines[0].timestamp }), data: { lines } };
}

function linesOf(context: DeliveryContext<Order>): z.infer<typeof wireLine>[] {
  return wireLines.parse(context.frozen.lines);
}

/** Keys of the lines that the platform has acknowledged so far. */
function acknowledged(progress: JsonObject): string[] {
  return acknowledgedKeys.parse(progress.acknowledged);
}

function nextLines(context: DeliveryContext<Order>): Step {
  const done = new Set(acknowledged(context.progress));
  const missing = linesOf(context).filter((item) => !done.has(item.timestamp));
  const orderId = readText(context.progress, 'orderId');
  if (missing.length === 0)
    return orderId === undefined ? idMissing() : { kind: 'settled', platformId: orderId };
  const param = context.progress.single === true ? missing.slice(0, 1) : missing;
  return { kind: 'send', via: 'place-order', stage: 'place', body: { param } };
}

function idMissing(): Step {
  const reason =
    'The platform holds every line of this order but has not told its order number. Ask the platform for it and bind it.';
  return { kind: 'person', reason };
}

function judgeOrder(context: DeliveryContext<Order>, send: Send, answer: Answer): Verdict {
  const sent = wireLines.parse(send.body.param).map((item) => item.timestamp);
  if (answer.kind === 'rejected') return rejectedOrder(context, answer.message);
  if (answer.kind === 'duplicate') return knownAlready(context, sent, answer.message);
  const echoed = new Set(rowsOf(answer.reply).map((row) => readText(row, 'timestamp')));
  const fresh = sent.filter((key) => echoed.has(key));
  const progress = advance(context.progress, fresh, readText(answer.reply, 'order_id'));
  if (fresh.length === 0) {
    return {
      kind: 'later',
      reason: 'The platform answered success but acknowledged no line.',
      progress,
      doubt: true,
    };
  }
  return goOn(context, progress, fresh.length < sent.length);
}

/**
 * What is acknowledged is written before another line leaves. The rest may become another order at the platform, and
 * whoever sent both in one request again would be refused.
 */
function goOn(context: DeliveryContext<Order>, progress: JsonObject, doubt: boolean): Verdict {
  const left = linesOf(context).length - acknowledged(progress).length;
  if (left <= 0) return { kind: 'continue', progress, doubt };
  const reason = `The platform has not acknowledged ${left} lines of this order yet.`;
  return { kind: 'later', reason, progress, doubt, advanced: true };
}

function advance(progress: JsonObject, fresh: readonly string[], orderId: string | undefined): JsonObject {
  const known = readText(progress, 'orderId');
  return {
    ...progress,
    acknowledged: [...acknowledged(progress), ...fresh],
    ...(orderId !== undefined && known === undefined && { orderId }),
    ...(orderId !== undefined && known !== undefined && orderId !== known && { otherOrderId: orderId }),
  };
}

/** Part of the order stands already: what was refused now is a person's to settle, the rest is not thrown away. */
function rejectedOrder({ progress }: DeliveryContext<Order>, message: string): Verdict {
  if (acknowledged(progress).length === 0) return { kind: 'rejected', reason: message };
  const reason = `The platform took some lines of this order and refused the others: ${message}`;
  return { kind: 'person', reason, progress };
}

/**
 * "The key exists": for keys that went out before, that is the effect we wanted. Several lines at once may be a
 * mixture, so they are then sent one by one. For keys that never went out it means that somebody else used them.
 */
function knownAlready(context: DeliveryContext<Order>, sent: readonly string[], message: string): Verdict {
  const { progress, doubt } = context;
  if (!doubt && progress.single !== true && acknowledged(progress).length === 0) {
    return {
      kind: 'rejected',
      reason: `The platform says that this order's key is taken, though it was never sent: ${message}`,
    };
  }
  if (sent.length > 1) return { kind: 'continue', progress: { ...progress, single: true }, doubt: true };
  return goOn(context, advance(progress, sent, undefined), true);
}

function follow(
  { key, record }: DeliveryContext<Order>,
  { platformId }: { platformId: string | undefined },
): Consequences {
  if (platformId === undefined) return { changes: [], watches: [] };
  const sellers = [...new Set(record.lines.map((item) => item.sellerId))];
  const reminders = sellers.map(
    (receiver): FollowUp => ({
      entity: 'order_reminder',
      key: `${key}/${receiver}`.slice(0, 191),
      record: {
        orderId: platformId,
        sender: record.companyId,
        receiver,
        message: record.message || '您有新订单',
        type: 1,
      },
    }),
  );
  const watch = {
    poll: 'query-order',
    platformId,
    reference: { companyId: record.companyId, orderId: platformId },
  };
  return { changes: record.remind ? reminders : [], watches: [watch] };
}
