import { z } from 'zod';
import { optionalText, text } from './fields.ts';
import { type DeliveryContext, defineInterface, type JsonObject, type Step } from './interface.ts';
import { opTypeOf } from './op-types.ts';
import { namesOrder, neededOrder, ORDER_MISSING, orderIdOf, orderUnknown } from './order-reference.ts';
import { plainReply, readText } from './replies.ts';
import { RETURN_CONFIRMED, returnQuery, returnReferenceFields } from './return-reference.ts';
import { judgeOnce, nextOnce } from './verified-once.ts';

const returnConfirmation = z
  .strictObject({ ...returnReferenceFields, goodsId: text(64), logisticsStatus: optionalText(64) })
  .refine(namesOrder, ORDER_MISSING);

type ReturnConfirmation = z.infer<typeof returnConfirmation>;

const OP_TYPES = { confirm: RETURN_CONFIRMED } as const;

/**
 * 接口 14, 退货确认: the seller confirms a return. The document prints the fields as an object without a key, which is
 * read as `param`, like in all its other interfaces.
 */
export const confirmReturn = defineInterface<ReturnConfirmation>({
  number: 14,
  name: 'confirm-return',
  title: '退货确认',
  system: 'order',
  path: '/order/return/confirm',
  kind: 'once',
  opTypes: OP_TYPES,
  inDoubt: {
    en: 'Verified by a return query (接口 13): order status 99 means that it stands, `order_id` being the finest order number (最明细的订单号); else it is sent again.',
    zh: '以退货查看（接口 13）核实：`order_status` 为 99 即已生效，`order_id` 为最明细的订单号；否则重发。',
  },
  request: z.strictObject({
    param: z.strictObject({
      op_type: z.number(),
      companyID: z.string(),
      order_PID: z.string(),
      goods_id: z.string(),
      order_id: z.string(),
      order_status: z.string(),
      logistics_order: z.string(),
      logistics_status: z.string(),
    }),
  }),
  reply: plainReply.extend({
    companyID: z.unknown().optional(),
    companyName: z.unknown().optional(),
    order_id: z.unknown().optional(),
    goods_id: z.unknown().optional(),
    logistics_order: z.unknown().optional(),
  }),
  push: {
    entity: 'return_confirmation',
    record: returnConfirmation,
    changeable: false,
    companyField: 'companyId',
    deletable: 'A confirmed return cannot be withdrawn on the platform: its document has no such interface.',
    needs: neededOrder,
    next: nextConfirmation,
    judge: (context, send, answer) =>
      judgeOnce(context, { send, answer }, { stands: isConfirmed, refusedQuery: 'unknown' }),
  },
});

function nextConfirmation(context: DeliveryContext<ReturnConfirmation>): Step {
  const { record, options } = context;
  const orderId = orderIdOf(context);
  if (orderId === undefined) return orderUnknown(record);
  const param = {
    op_type: opTypeOf(options, { via: 'confirm-return', standard: OP_TYPES }, 'confirm'),
    companyID: record.companyId,
    order_PID: record.orderPid,
    goods_id: record.goodsId,
    order_id: orderId,
    order_status: record.orderStatus,
    logistics_order: record.logisticsOrder,
    logistics_status: record.logisticsStatus,
  };
  return nextOnce(context, {
    change: { kind: 'send', via: 'confirm-return', stage: 'confirm', body: { param } },
    verify: { kind: 'send', via: 'query-return', body: returnQuery({ ...record, orderId }) },
  });
}

function isConfirmed(reply: JsonObject): boolean {
  return Number(readText(reply, 'order_status')) === RETURN_CONFIRMED;
}
