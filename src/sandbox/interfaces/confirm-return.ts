import { z } from 'zod';
import { accepted, type Call, defineInterface, type Reply, refused } from '../define-interface.ts';
import { credentialFields, identifier, looseIdentifier, text } from '../field-shapes.ts';
import { orderStatus } from '../order-status.ts';
import { findOrder, moveOrder } from '../orders.ts';
import type { OrderState } from '../sandbox-state.ts';
import { companyName, violate, type World } from '../world.ts';

const shape = z.strictObject({
  ...credentialFields,
  param: z.strictObject({
    op_type: z.literal(orderStatus.returnConfirmed),
    companyID: identifier,
    order_PID: looseIdentifier.optional(),
    goods_id: identifier,
    order_id: identifier,
    order_status: looseIdentifier.optional(),
    logistics_order: text.optional(),
    logistics_status: looseIdentifier.optional(),
  }),
});

type ConfirmCall = Call<z.infer<typeof shape>>;

/**
 * 接口 14, 退货确认: confirms the return of one goods_id of an order whose return is requested (60). The document prints
 * an object without a key, read as `param`; its success carries no `sec`.
 */
export const confirmReturn = defineInterface({
  number: 14,
  name: 'confirm-return',
  system: 'order',
  path: '/order/return/confirm',
  secIn: 'failure',
  shape,
  act: (call) => {
    const order = findOrder(call.world, call.request.param.order_id);
    if (order === undefined) return refused('退货失败,订单不存在');
    if (!hasGoods(call.world, order, String(call.request.param.goods_id)))
      return refused('退货失败,商品不存在');
    return confirm(call, order);
  },
});

/** An order without lines came from the platform's own side, and its goods are not known here. */
function hasGoods(world: World, order: OrderState, goodsId: string): boolean {
  if (order.timestamps.length === 0) return true;
  return order.timestamps.some((timestamp) => world.state.timestamps[timestamp]?.goods_id === goodsId);
}

function confirm(call: ConfirmCall, order: OrderState): Reply {
  const goodsId = String(call.request.param.goods_id);
  if (order.returnConfirms[goodsId] !== undefined) {
    violate(call.world, `return of goods ${goodsId} in order ${order.order_id} confirmed twice`);
    return refused('退货失败,退货已确认');
  }
  if (order.status < orderStatus.returnRequested) return refused('退货失败,没有退货申请');
  order.returnConfirms[goodsId] = 1;
  moveOrder(call.world, order, { status: orderStatus.returnConfirmed, by: 'interface' });
  call.effect(`${order.order_id}/${goodsId}`, call.request.param);
  return confirmation(call, order);
}

function confirmation({ world, request }: ConfirmCall, order: OrderState): Reply {
  const { companyID, goods_id } = request.param;
  return accepted('操作成功!', {
    companyID,
    companyName: companyName(world, String(companyID)),
    order_id: order.order_id,
    goods_id,
    logistics_order: order.shipment?.logistics_order ?? '',
  });
}
