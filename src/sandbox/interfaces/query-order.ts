import { z } from 'zod';
import { accepted, type Call, defineInterface, type Reply, refused } from '../define-interface.ts';
import { credentialFields, identifier } from '../field-shapes.ts';
import { orderStatus } from '../order-status.ts';
import { findOrder, moveOrder, noteBackwardsRequest } from '../orders.ts';
import type { OrderState } from '../sandbox-state.ts';
import { violate } from '../world.ts';

const shape = z.strictObject({
  ...credentialFields,
  param: z.strictObject({
    companyID: identifier,
    order_id: identifier,
    op_type: z.union([z.literal(1), z.literal(4)]),
  }),
});

type OrderCall = Call<z.infer<typeof shape>>;

/** 接口 9, 订单查询: op_type 1 accepts (接单), 4 reads. Asks with `order_id`, answers with `order_ID` and without `sec`. */
export const queryOrder = defineInterface({
  number: 9,
  name: 'query-order',
  system: 'order',
  path: '/order/query',
  secIn: 'failure',
  shape,
  act: (call) => {
    const reading = call.request.param.op_type === 4;
    const order = findOrder(call.world, call.request.param.order_id);
    if (order === undefined) return refused(reading ? '查询失败,订单不存在' : '接单失败,订单不存在');
    return reading ? describe(call, order, '查询成功!') : accept(call, order);
  },
});

function accept(call: OrderCall, order: OrderState): Reply {
  if (order.status !== orderStatus.placed) return refuseAcceptance(call, order);
  order.accepts += 1;
  moveOrder(call.world, order, { status: orderStatus.accepted, by: 'interface' });
  call.effect(order.order_id, call.request.param);
  return describe(call, order, '接单成功!');
}

function refuseAcceptance({ world }: OrderCall, order: OrderState): Reply {
  if (order.accepts > 0) violate(world, `order ${order.order_id} accepted twice`);
  noteBackwardsRequest(world, order, orderStatus.accepted);
  return refused('接单失败,订单已接单');
}

function describe({ request }: OrderCall, order: OrderState, msg: string): Reply {
  return accepted(msg, {
    companyID: request.param.companyID,
    order_ID: order.order_id,
    order_status: order.status,
  });
}
