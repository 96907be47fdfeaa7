import { z } from 'zod';
import { type DeliveryContext, defineInterface, type Step } from './interface.ts';
import {
  namesOrder,
  neededOrder,
  ORDER_MISSING,
  orderIdOf,
  orderReferenceFields,
  orderUnknown,
} from './order-reference.ts';
import { plainReply } from './replies.ts';
import {
  logisticsQuery,
  shipmentFields,
  shipmentReferenceFields,
  shipmentStatus,
} from './shipment-reference.ts';
import { judgeOnce, nextOnce } from './verified-once.ts';

const receipt = z
  .strictObject({ ...orderReferenceFields, ...shipmentReferenceFields })
  .refine(namesOrder, ORDER_MISSING);

type Receipt = z.infer<typeof receipt>;

/** 物流状态: 55, 收货. */
const RECEIVED = 55;

/** 接口 11, 收货: tells the platform that a shipment was received. */
export const receive = defineInterface<Receipt>({
  number: 11,
  name: 'receive',
  title: '收货',
  system: 'data',
  path: '/data/receive',
  kind: 'once',
  inDoubt: {
    en: 'Verified by a logistics query (接口 12): from status 55 on the receipt stands; else it is sent again.',
    zh: '以物流查看（接口 12）核实：状态为 55 及以上即已收货，否则重发。',
  },
  request: z.strictObject({
    param: z.strictObject({
      order_id: z.string(),
      logistics_ID: z.string(),
      logistics_name: z.string(),
      logistics_order: z.string(),
      status: z.number(),
    }),
  }),
  reply: plainReply,
  push: {
    entity: 'receipt',
    record: receipt,
    changeable: false,
    deletable: 'A receipt cannot be withdrawn on the platform: its document has no such interface.',
    needs: neededOrder,
    next: nextReceipt,
    judge: (context, send, answer) =>
      judgeOnce(
        context,
        { send, answer },
        {
          stands: (reply) => Number(shipmentStatus(reply, context.record.logisticsOrder)?.status) >= RECEIVED,
          refusedQuery: 'unknown',
        },
      ),
  },
});

function nextReceipt(context: DeliveryContext<Receipt>): Step {
  const { record, options } = context;
  const orderId = orderIdOf(context);
  if (orderId === undefined) return orderUnknown(record);
  const reference = { ...record, orderId };
  return nextOnce(context, {
    change: {
      kind: 'send',
      via: 'receive',
      stage: 'receive',
      body: { param: { ...shipmentFields(reference), status: RECEIVED } },
    },
    verify: { kind: 'send', via: 'query-logistics', body: logisticsQuery(options, reference) },
  });
}
