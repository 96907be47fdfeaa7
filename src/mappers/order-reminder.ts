import { z } from 'zod';
import { text } from './fields.ts';
import { type DeliveryContext, defineInterface, type Step } from './interface.ts';
import { plainReply, readText } from './replies.ts';

const reminder = z
  .strictObject({
    orderKey: text(191).optional(),
    orderId: text(128).optional(),
    sender: text(64),
    receiver: text(64),
    message: text(255),
    type: z.number().int().default(1),
    cancel: z.boolean().default(false),
  })
  .refine((record) => record.orderKey !== undefined || record.orderId !== undefined, {
    path: ['orderKey'],
    error: 'orderKey (the ERP order number) or orderId (the platform\'s) is required',
  });

type Reminder = z.infer<typeof reminder>;

/**
 * 接口 7, 下单提醒: tells one seller of a new order (op_type 1), or takes the reminder back (op_type 2) with the same
 * `timestamp`, by which the platform knows it.
 */
export const orderReminder = defineInterface<Reminder>({
  number: 7,
  name: 'order-reminder',
  title: '下单提醒',
  system: 'order',
  path: '/order/reminder',
  kind: 'once',
  inDoubt: 'Sent again with the same key (timestamp), by which the platform knows it again.',
  request: z.strictObject({
    param: z.strictObject({
      type: z.number(),
      sender: z.string(),
      receiver: z.string(),
      message: z.string(),
      order_ID: z.string(),
      op_type: z.number(),
      timestamp: z.string(),
    }),
  }),
  reply: plainReply,
  push: {
    entity: 'order_reminder',
    record: reminder,
    changeable: true,
    deletable: true,
    needs: ({ orderId, orderKey }) =>
      orderId === undefined && orderKey !== undefined ? [{ entity: 'order', key: orderKey }] : [],
    freeze: (_record, { takeKey }) => {
      const timestamp = takeKey();
      return { idempotencyKey: timestamp, data: { timestamp } };
    },
    next: nextReminder,
    judge: (context, send, answer) => {
      if (answer.kind === 'rejected') return { kind: 'rejected', reason: answer.message };
      if (send.stage === 'cancel') return { kind: 'accepted', present: false };
      if (answer.kind === 'duplicate' && !context.doubt) return { kind: 'rejected', reason: answer.message };
      return { kind: 'accepted', platformId: readText(context.frozen, 'timestamp') };
    },
  },
});

function nextReminder({ op, record, frozen, bound, needed }: DeliveryContext<Reminder>): Step {
  const cancel = op === 'delete' || record.cancel;
  const timestamp = cancel ? (bound?.present ? bound.platformId : undefined) : readText(frozen, 'timestamp');
  if (timestamp === undefined) return { kind: 'nothing', reason: 'No reminder of this key stands at the platform.' };
  const body = {
    param: {
      type: record.type,
      sender: record.sender,
      receiver: record.receiver,
      message: record.message,
      order_ID: record.orderId ?? needed[0] ?? '',
      op_type: cancel ? 2 : 1,
      timestamp,
    },
  };
  return { kind: 'send', via: 'order-reminder', stage: cancel ? 'cancel' : 'remind', body };
}
