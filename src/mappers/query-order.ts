import { z } from 'zod';
import { defineInterface, type JsonObject } from './interface.ts';
import { plainReply, readText } from './replies.ts';

/** Order states after which nothing more is expected: 55 received, 99 return confirmed. */
const TERMINAL = new Set(['55', '99']);

/**
 * 接口 9, 订单查询. With `op_type` 1 it accepts an order (接单); the document leaves the other op types open, and 4, which
 * is the query everywhere else, asks for the status (setting).
 */
export const queryOrder = defineInterface<never>({
  number: 9,
  name: 'query-order',
  title: '订单查询',
  system: 'order',
  path: '/order/query',
  kind: 'query',
  inDoubt: 'A query may be asked again at any time.',
  request: z.strictObject({
    param: z.strictObject({ companyID: z.string(), order_id: z.string(), op_type: z.number() }),
  }),
  reply: plainReply.extend({
    companyID: z.unknown().optional(),
    order_ID: z.unknown().optional(),
    order_status: z.unknown().optional(),
  }),
  poll: {
    shows: 'order',
    request: (reference, { opTypes }) => ({
      param: {
        companyID: readText(reference, 'companyId') ?? '',
        order_id: readText(reference, 'orderId') ?? '',
        op_type: opTypes['query-order']?.status ?? 4,
      },
    }),
    read: (reply: JsonObject) => {
      const status = readText(reply, 'order_status');
      if (status === undefined) return undefined;
      return { status, message: readText(reply, 'msg'), detail: {}, terminal: TERMINAL.has(status) };
    },
  },
});
