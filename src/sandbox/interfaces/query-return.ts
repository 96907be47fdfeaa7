import { z } from 'zod';
import { accepted, defineInterface, refused } from '../define-interface.ts';
import { credentialFields, identifier, looseIdentifier, text } from '../field-shapes.ts';
import { findOrder } from '../orders.ts';
import { companyName } from '../world.ts';

/**
 * 接口 13, 退货查看: where an order and its shipment stand; 60 says that a return is requested, 99 that it is confirmed.
 * The document leaves the failure blank, so it has the form of all the others: status, msg, sec.
 */
export const queryReturn = defineInterface({
  number: 13,
  name: 'query-return',
  system: 'order',
  path: '/order/return/query',
  secIn: 'every reply',
  shape: z.strictObject({
    ...credentialFields,
    param: z.strictObject({
      companyID: identifier,
      order_PID: looseIdentifier.optional(),
      order_id: identifier,
      order_status: looseIdentifier.optional(),
      logistics_order: text.optional(),
    }),
  }),
  act: ({ world, request }) => {
    const order = findOrder(world, request.param.order_id);
    if (order === undefined) return refused('操作失败!订单不存在');
    return accepted('操作成功!', {
      companyID: request.param.companyID,
      companyName: companyName(world, String(request.param.companyID)),
      order_id: order.order_id,
      order_status: order.status,
      logistics_order: order.shipment?.logistics_order ?? '',
      logistics_status: order.shipment?.status ?? '',
      buyer_id: order.companyID,
      buyer_name: companyName(world, order.companyID),
      buyer_tel: order.account,
    });
  },
});
