import { z } from 'zod';
import { flag, integer, text } from './fields.ts';
import {
  type Answer,
  type DeliveryContext,
  defineInterface,
  type Send,
  type Step,
  type Verdict,
} from './interface.ts';
import { opTypeOf } from './op-types.ts';
import {
  namesOrder,
  neededOrder,
  ORDER_MISSING,
  orderIdOf,
  orderReferenceFields,
  orderUnknown,
} from './order-reference.ts';
import { plainReply, readText } from './replies.ts';

const reminder = z
  .strictObject({
    ...orderReferenceFields,
    sender: text(64),
    receiver: text(64),
    message: text(255),
    type: integer.prefault(1),
    cancel: flag.prefault(false),
  })
  .refine(namesOrder, ORDER_MISSING);

type Reminder = z.infer<typeof reminder>;

/** 需要提醒/取消提醒. */
const OP_TYPES = { remind: 1, cancel: 2 } as const;

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
  opTypes: OP_TYPES,
  inDoubt: {
    en: 'Sent again with the same key (timestamp), by which the platform knows it again.',
    zh: '以同一个键（`timestamp`）重发，平台据此认出它。',
  },
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
    needs: neededOrder,
    freeze: (_record, { takeKey }) => {
      const timestamp = takeKey();
      return { idempotencyKey: timestamp, data: { timestamp } };
    },
    next: nextReminder,
    judge: judgeReminder,
  },
});

function nextReminder(context: DeliveryContext<Reminder>): Step {
  const { op, record, frozen, bound, options } = context;
  const name = op === 'delete' || record.cancel ? 'cancel' : 'remind';
  const standing = bound?.present ? bound.platformId : undefined;
  const timestamp = name === 'cancel' ? standing : readText(frozen, 'timestamp');
  if (timestamp === undefined)
    return { kind: 'nothing', reason: 'No reminder of this key stands at the platform.' };
  const orderId = orderIdOf(context);
  if (orderId === undefined) return orderUnknown(record);
  const { type, sender, receiver, message } = record;
  const op_type = opTypeOf(options, { via: 'order-reminder', standard: OP_TYPES }, name);
  const param = { type, sender, receiver, message, order_ID: orderId, op_type, timestamp };
  return { kind: 'send', via: 'order-reminder', stage: name, body: { param } };
}

function judgeReminder(context: DeliveryContext<Reminder>, send: Send, answer: Answer): Verdict {
  if (send.stage === 'cancel') return judgeCancelling(context, answer);
  const taken = answer.kind === 'accepted' || (answer.kind === 'duplicate' && context.doubt);
  return taken
    ? { kind: 'accepted', platformId: readText(context.frozen, 'timestamp') }
    : { kind: 'rejected', reason: answer.message };
}

/** In doubt, a reminder that is gone already, or cancelled already, is what an earlier send did. */
function judgeCancelling({ doubt }: DeliveryContext<Reminder>, answer: Answer): Verdict {
  if (answer.kind === 'accepted') return { kind: 'accepted', present: false };
  const done = doubt && (answer.kind === 'duplicate' || /不存在|已取消/.test(answer.message));
  return done ? { kind: 'accepted', present: false } : { kind: 'rejected', reason: answer.message };
}
