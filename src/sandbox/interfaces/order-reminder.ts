import { z } from 'zod';
import { accepted, type Call, defineInterface, type Reply, refused } from '../define-interface.ts';
import { credentialFields, filledText, identifier } from '../field-shapes.ts';
import { findOrder } from '../orders.ts';
import type { ReminderState } from '../sandbox-state.ts';
import { violate } from '../world.ts';

const shape = z.strictObject({
  ...credentialFields,
  param: z.strictObject({
    type: z.int(),
    sender: identifier,
    receiver: identifier,
    message: filledText,
    order_ID: identifier,
    op_type: z.union([z.literal(1), z.literal(2)]),
    timestamp: z.union([filledText, z.int()]),
  }),
});

type ReminderCall = Call<z.infer<typeof shape>>;

/** 接口 7 says only 时间戳(用于唯一标识): digits, with or without the prefix of interface 8. */
const strictTimestamp = /^(WEBERP)?\d{10,20}$/;

/** 接口 7, 下单提醒: a reminder by its timestamp; op_type 2 cancels one. */
export const orderReminder = defineInterface({
  number: 7,
  name: 'order-reminder',
  system: 'order',
  path: '/order/reminder',
  secIn: 'every reply',
  shape,
  act: (call) => {
    const timestamp = String(call.request.param.timestamp);
    if (!strictTimestamp.test(timestamp)) return refuseTimestamp(call, timestamp);
    if (findOrder(call.world, call.request.param.order_ID) === undefined)
      return refused('操作失败!订单不存在');
    return call.request.param.op_type === 1 ? remind(call, timestamp) : cancel(call, timestamp);
  },
});

function refuseTimestamp({ world }: ReminderCall, timestamp: string): Reply {
  violate(world, `reminder timestamp ${timestamp} is not strictly formed`);
  return refused('参数错误: 字段 param.timestamp 格式不正确');
}

function remind(call: ReminderCall, timestamp: string): Reply {
  const { world, request, account } = call;
  const known = world.state.reminders[timestamp];
  if (known !== undefined) return remindAgain(call, known);
  world.state.reminders[timestamp] = {
    timestamp,
    account,
    order_ID: String(request.param.order_ID),
    body: request.param,
    cancelled: false,
    sends: 1,
    effects: 1,
  };
  call.effect(timestamp, request.param);
  return accepted('操作成功!');
}

function remindAgain({ world, request }: ReminderCall, known: ReminderState): Reply {
  known.sends += 1;
  if (JSON.stringify(known.body) !== JSON.stringify(request.param)) {
    violate(world, `reminder ${known.timestamp} sent again with a different body`);
  }
  return world.resendMode === 'refuse' ? refused('操作失败!时间戳重复') : accepted('操作成功!');
}

function cancel(call: ReminderCall, timestamp: string): Reply {
  const named = call.world.state.reminders[timestamp];
  const found = named ?? findByOrder(call);
  if (found === undefined) return refused('操作失败!提醒不存在');
  found.sends += 1;
  if (found.cancelled) return accepted('操作成功!');
  found.cancelled = true;
  found.cancelledBy = named === undefined ? 'order' : 'timestamp';
  call.effect(found.timestamp, call.request.param);
  return accepted('操作成功!');
}

/** The document does not say whether a cancelling carries the reminder's timestamp or one of its own; both work. */
function findByOrder({ world, request }: ReminderCall): ReminderState | undefined {
  const { order_ID, sender, receiver } = request.param;
  return Object.values(world.state.reminders).find(
    (known) =>
      known.order_ID === String(order_ID) &&
      String(known.body.sender) === String(sender) &&
      String(known.body.receiver) === String(receiver),
  );
}
