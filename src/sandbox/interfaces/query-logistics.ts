import { z } from 'zod';
import { accepted, defineInterface, refused } from '../define-interface.ts';
import { credentialFields, identifier, looseIdentifier, text } from '../field-shapes.ts';
import { logisticsMessage } from '../order-status.ts';
import { findOrder } from '../orders.ts';
import type { ShipmentState } from '../sandbox-state.ts';
import { namesShipment } from '../shipments.ts';

const detailKeys = [
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

/** 接口 12, 物流查看: the shipment of an order, with its current status and message. */
export const queryLogistics = defineInterface({
  number: 12,
  name: 'query-logistics',
  system: 'logistics',
  path: '/logistics/query',
  secIn: 'every reply',
  shape: z.strictObject({
    ...credentialFields,
    param: z.strictObject({
      order_id: identifier,
      logistics_ID: looseIdentifier.optional(),
      logistics_name: text.optional(),
      logistics_order: text.optional(),
      op_type: z.literal(4),
    }),
  }),
  act: ({ world, request }) => {
    const order = findOrder(world, request.param.order_id);
    if (order === undefined) return refused('失败,订单不存在');
    if (order.shipment === undefined) return refused('失败,没有物流信息');
    if (!namesShipment(request.param, order.shipment)) return refused('失败,物流信息不符');
    return accepted('成功', { data: describeShipment(order.order_id, order.shipment) });
  },
});

function describeShipment(orderId: string, shipment: ShipmentState): Record<string, unknown> {
  return {
    order_id: orderId,
    logistics_ID: shipment.logistics_ID,
    logistics_name: shipment.logistics_name,
    logistics_order: shipment.logistics_order,
    ...Object.fromEntries(detailKeys.map((key) => [key, shipment.body[key] ?? ''])),
    status: shipment.status,
    message: logisticsMessage(shipment.status),
  };
}
