import { z } from 'zod';
import { accepted, type Call, defineInterface, type Reply, refused } from '../define-interface.ts';
import { credentialFields, filledText, identifier, looseIdentifier, text } from '../field-shapes.ts';
import { orderStatus } from '../order-status.ts';
import { findOrder, moveOrder, noteBackwardsRequest } from '../orders.ts';
import type { OrderState } from '../sandbox-state.ts';
import { violate } from '../world.ts';

const shape = z.strictObject({
  ...credentialFields,
  param: z.strictObject({
    order_id: identifier,
    logistics_ID: identifier,
    logistics_name: filledText,
    logistics_order: filledText,
    logistics_user_ID: looseIdentifier.optional(),
    logistics_user_name: text.optional(),
    logistics_user_tel: text.optional(),
    sender_ID: looseIdentifier.optional(),
    sender_name: text.optional(),
    sender_tel: text.optional(),
    sender_address: text.optional(),
    receiver_ID: looseIdentifier.optional(),
    receiver_name: text.optional(),
    receiver_tel: text.optional(),
    receiver_address: text.optional(),
    status: z.literal(orderStatus.shipped),
  }),
});

type ShipCall = Call<z.infer<typeof shape>>;

/** 接口 10, 发货: gives an order that has not left yet its shipment (status 50). */
export const ship = defineInterface({
  number: 10,
  name: 'ship',
  system: 'logistics',
  path: '/logistics/ship',
  secIn: 'every reply',
  shape,
  act: (call) => {
    const order = findOrder(call.world, call.request.param.order_id);
    if (order === undefined) return refused('失败,订单不存在');
    if (order.status >= orderStatus.shipped) return refuseShipment(call, order);
    return shipOrder(call, order);
  },
});

function refuseShipment({ world }: ShipCall, order: OrderState): Reply {
  if (order.ships > 0) violate(world, `order ${order.order_id} shipped twice`);
  noteBackwardsRequest(world, order, orderStatus.shipped);
  return refused('失败,订单已发货');
}

function shipOrder(call: ShipCall, order: OrderState): Reply {
  const { param } = call.request;
  order.ships += 1;
  order.shipment = {
    body: param,
    logistics_ID: String(param.logistics_ID),
    logistics_name: param.logistics_name,
    logistics_order: param.logistics_order,
    invented: false,
    status: orderStatus.shipped,
  };
  moveOrder(call.world, order, { status: orderStatus.shipped, by: 'interface' });
  call.effect(order.order_id, param);
  return accepted('成功');
}
