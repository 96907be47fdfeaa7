import { z } from 'zod';
import {
  type Consequences,
  type DeliveryContext,
  defineInterface,
  type JsonObject,
  type PollReading,
  type Step,
} from './interface.ts';
import { namesOrder, neededOrder, ORDER_MISSING, orderIdOf, orderUnknown } from './order-reference.ts';
import { pickTexts, plainReply, readText } from './replies.ts';
import { RETURN_CONFIRMED, returnQuery, returnReferenceFields } from './return-reference.ts';

const returnRequest = z.strictObject(returnReferenceFields).refine(namesOrder, ORDER_MISSING);

type ReturnRequest = z.infer<typeof returnRequest>;

/** What is kept of a reply beside its status, under the document's own names. */
const DETAIL_KEYS = [
  'companyID',
  'companyName',
  'order_id',
  'logistics_order',
  'logistics_status',
  'buyer_id',
  'buyer_name',
  'buyer_tel',
];

/**
 * 接口 13, 退货查看: where a return is. The document has no request for a return; so a `return_request` of the ERP sends
 * nothing: it waits for its order, and from then on the return is polled until it is confirmed.
 *
 * Its kind is `once`, not `query`: return requests queue behind each other, and a deletion is refused with words.
 */
export const queryReturn = defineInterface<ReturnRequest>({
  number: 13,
  name: 'query-return',
  title: '退货查看',
  system: 'order',
  path: '/order/return/query',
  kind: 'once',
  remark: {
    en: 'A `return_request` sends nothing: from then on, the return is polled.',
    zh: '`return_request` 不发送任何内容：从此开始查询这笔退货的状态。',
  },
  inDoubt: {
    en: 'A query may be asked again at any time.',
    zh: '查询随时可以再问。',
  },
  request: z.strictObject({
    param: z.strictObject({
      companyID: z.string(),
      order_PID: z.string(),
      order_id: z.string(),
      order_status: z.string(),
      logistics_order: z.string(),
    }),
  }),
  reply: plainReply.extend({
    companyID: z.unknown().optional(),
    companyName: z.unknown().optional(),
    order_id: z.unknown().optional(),
    order_status: z.unknown().optional(),
    logistics_order: z.unknown().optional(),
    logistics_status: z.unknown().optional(),
    buyer_id: z.unknown().optional(),
    buyer_name: z.unknown().optional(),
    buyer_tel: z.unknown().optional(),
  }),
  push: {
    entity: 'return_request',
    record: returnRequest,
    changeable: true,
    companyField: 'companyId',
    deletable: 'A return request cannot be withdrawn on the platform: its document has no such interface.',
    needs: neededOrder,
    next: nextRequest,
    judge: (_context, _send, answer) =>
      answer.kind === 'accepted' ? { kind: 'accepted' } : { kind: 'rejected', reason: answer.message },
    follow: followRequest,
  },
  poll: {
    shows: 'return',
    request: (reference) =>
      returnQuery({
        companyId: readText(reference, 'companyId') ?? '',
        orderId: readText(reference, 'orderId') ?? '',
        orderPid: readText(reference, 'orderPid') ?? '',
        orderStatus: readText(reference, 'orderStatus') ?? '',
        logisticsOrder: readText(reference, 'logisticsOrder') ?? '',
      }),
    read: readReturn,
  },
});

/** Settled without an id: an order may be returned in several requests, and an id belongs to one record only. */
function nextRequest(context: DeliveryContext<ReturnRequest>): Step {
  return orderIdOf(context) === undefined ? orderUnknown(context.record) : { kind: 'settled' };
}

function followRequest(context: DeliveryContext<ReturnRequest>): Consequences {
  const orderId = orderIdOf(context);
  if (orderId === undefined) return { changes: [], watches: [] };
  const { companyId, orderPid, orderStatus, logisticsOrder } = context.record;
  const reference = { companyId, orderId, orderPid, orderStatus, logisticsOrder };
  return { changes: [], watches: [{ poll: 'query-return', platformId: orderId, reference }] };
}

/** The document prints the fields of this reply at its top level, without `data`. */
function readReturn(reply: JsonObject): PollReading | undefined {
  const status = readText(reply, 'order_status');
  if (status === undefined) return undefined;
  const message = readText(reply, 'msg');
  return {
    status,
    message,
    detail: pickTexts(reply, DETAIL_KEYS),
    terminal: status === String(RETURN_CONFIRMED),
  };
}
