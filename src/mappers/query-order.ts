import { z } from 'zod';
import { text } from './fields.ts';
import {
  type DeliveryContext,
  defineInterface,
  type JsonObject,
  type MapperOptions,
  type Step,
} from './interface.ts';
import { opTypeOf } from './op-types.ts';
import { plainReply, readText } from './replies.ts';
import { judgeOnce, nextOnce } from './verified-once.ts';

const acceptance = z.strictObject({ companyId: text(64), orderId: text(128) });

type Acceptance = z.infer<typeof acceptance>;

/** 1 接单 is the document's; it leaves the others open, and 4 is the query everywhere else. */
const OP_TYPES = { accept: 1, status: 4 } as const;

/** 订单状态 from which on the order is accepted (文档: 2, 接单成功). */
const ACCEPTED = 2;

/** Order states after which nothing more is expected: 55 received, 99 return confirmed. */
const TERMINAL = new Set(['55', '99']);

/**
 * 接口 9, 订单查询. With `op_type` 1 it accepts an order (接单); the document leaves the other op types open, and 4, which
 * is the query everywhere else, asks for the status (setting).
 */
export const queryOrder = defineInterface<Acceptance>({
  number: 9,
  name: 'query-order',
  title: '订单查询',
  system: 'order',
  path: '/order/query',
  kind: 'once',
  opTypes: OP_TYPES,
  inDoubt: {
    en: 'An acceptance is verified by the status query: from status 2 on it stands, else it is sent again. The query itself may be asked again at any time.',
    zh: '接单以状态查询核实：状态为 2 及以上即已生效，否则重发。查询本身随时可以再问。',
  },
  request: z.strictObject({
    param: z.strictObject({ companyID: z.string(), order_id: z.string(), op_type: z.number() }),
  }),
  reply: plainReply.extend({
    companyID: z.unknown().optional(),
    order_ID: z.unknown().optional(),
    order_status: z.unknown().optional(),
  }),
  push: {
    entity: 'order_acceptance',
    record: acceptance,
    changeable: false,
    companyField: 'companyId',
    deletable: 'An acceptance cannot be withdrawn on the platform: its document has no such interface.',
    next: nextAcceptance,
    judge: (context, send, answer) =>
      judgeOnce(context, { send, answer }, { stands: isAccepted, refusedQuery: 'unknown' }),
  },
  poll: {
    shows: 'order',
    request: (reference, options) =>
      body(options, 'status', {
        companyId: readText(reference, 'companyId') ?? '',
        orderId: readText(reference, 'orderId') ?? '',
      }),
    read: (reply: JsonObject) => {
      const status = readText(reply, 'order_status');
      if (status === undefined) return undefined;
      return { status, message: readText(reply, 'msg'), detail: {}, terminal: TERMINAL.has(status) };
    },
  },
});

function nextAcceptance(context: DeliveryContext<Acceptance>): Step {
  const { record, options } = context;
  const send = { kind: 'send', via: 'query-order' } as const;
  return nextOnce(context, {
    change: { ...send, stage: 'accept', body: body(options, 'accept', record) },
    verify: { ...send, body: body(options, 'status', record) },
  });
}

function body(
  options: MapperOptions,
  name: keyof typeof OP_TYPES,
  { companyId, orderId }: Acceptance,
): JsonObject {
  const op_type = opTypeOf(options, { via: 'query-order', standard: OP_TYPES }, name);
  return { param: { companyID: companyId, order_id: orderId, op_type } };
}

function isAccepted(reply: JsonObject): boolean {
  return Number(readText(reply, 'order_status')) >= ACCEPTED;
}
