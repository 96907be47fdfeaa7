import { z } from 'zod';
import { defineInterface, type JsonObject, type PollReading } from './interface.ts';
import { pickTexts, plainReply, readText, rowsOf } from './replies.ts';
import { LOGISTICS_OP_TYPES, logisticsQuery } from './shipment-reference.ts';

/** What is kept of a reply beside its status, under the document's own names. */
const DETAIL_KEYS = [
  'order_id',
  'logistics_ID',
  'logistics_name',
  'logistics_order',
  'logistics_user_ID',
  'logistics_user_name',
  'logistics_user_tel',
  'sender_ID',
  'sender_name',
  'sender_tel',
  'sender_address',
  'receiver_ID',
  'receiver_name',
  'receiver_tel',
  'receiver_address',
];

/** 物流状态 after which nothing more is expected: 55 received, 99 return confirmed. */
const TERMINAL = new Set(['55', '99']);

/** 接口 12, 物流查看: where a shipment is. Polled from the moment a shipment is accepted until it is received. */
export const queryLogistics = defineInterface<never>({
  number: 12,
  name: 'query-logistics',
  title: '物流查看',
  system: 'logistics',
  path: '/logistics/query',
  kind: 'query',
  opTypes: LOGISTICS_OP_TYPES,
  inDoubt: {
    en: 'A query may be asked again at any time.',
    zh: '查询随时可以再问。',
  },
  request: z.strictObject({
    param: z.strictObject({
      order_id: z.string(),
      logistics_ID: z.string(),
      logistics_name: z.string(),
      logistics_order: z.string(),
      op_type: z.number(),
    }),
  }),
  reply: plainReply.extend({ data: z.unknown().optional() }),
  poll: {
    shows: 'logistics',
    request: (reference, options) =>
      logisticsQuery(options, {
        orderId: readText(reference, 'orderId') ?? '',
        logisticsId: readText(reference, 'logisticsId') ?? '',
        logisticsName: readText(reference, 'logisticsName') ?? '',
        logisticsOrder: readText(reference, 'logisticsOrder') ?? '',
      }),
    read: readLogistics,
  },
});

/** The shipment's status is inside `data`; the reply's own `status` only says that the query succeeded. */
function readLogistics(reply: JsonObject): PollReading | undefined {
  const row = rowsOf(reply)[0] ?? {};
  const status = readText(row, 'status');
  if (status === undefined) return undefined;
  const message = readText(row, 'message');
  return { status, message, detail: pickTexts(row, DETAIL_KEYS), terminal: TERMINAL.has(status) };
}
