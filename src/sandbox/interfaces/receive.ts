import { z } from 'zod';
import { accepted, type Call, defineInterface, type Reply, refused } from '../define-interface.ts';
import { credentialFields, filledText, identifier } from '../field-shapes.ts';
import { orderStatus } from '../order-status.ts';
import { findOrder, moveOrder, noteBackwardsRequest } from '../orders.ts';
import type { OrderState } from '../sandbox-state.ts';
import { namesShipment } from '../shipments.ts';
import { violate } from '../world.ts';

const shape = z.strictObject({
  ...credentialFields,
  param: z.strictObject({
    order_id: identifier,
    logistics_ID: identifier,
    logistics_name: filledText,
    logistics_order: filledText,
    status: z.literal(orderStatus.received),
  }),
});

type ReceiveCall = Call<z.infer<typeof shape>>;

/** 接口 11, 收货: a shipped order becomes received (status 55). */
export const receive = defineInterface({
  number: 11,
  name: 'receive',
  system: 'data',
  path: '/data/receive',
  secIn: 'every reply',
  shape,
  act: (call) => {
    const order = findOrder(call.world, call.request.param.order_id);
    if (order === undefined) return refused('失败,订单不存在');
    if (order.status >= orderStatus.received) return refuseReceipt(call, order);
    return receiveOrder(call, order);
  },
});

function refuseReceipt({ world }: ReceiveCall, order: OrderState): Reply {
  if (order.receives > 0) violate(world, `order ${order.order_id} received twice`);
  noteBackwardsRequest(world, order, orderStatus.received);
  return refused('失败,订单已收货');
}

function receiveOrder(call: ReceiveCall, order: OrderState): Reply {
  const { param } = call.request;
  if (order.shipment === undefined) return refused('失败,订单未发货');
  if (!namesShipment(param, order.shipment)) return refused('失败,物流信息不符');
  order.receives += 1;
  moveOrder(call.world, order, { status: orderStatus.received, by: 'interface' });
  call.effect(order.order_id, param);
  return accepted('成功');
}
