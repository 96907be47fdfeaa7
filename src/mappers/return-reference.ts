import { optionalText, text } from './fields.ts';
import type { JsonObject } from './interface.ts';
import { orderReferenceFields } from './order-reference.ts';

/** How records name a return (接口 13, 14). */
export const returnReferenceFields = {
  companyId: text(64),
  ...orderReferenceFields,
  orderPid: optionalText(128),
  orderStatus: optionalText(64),
  logisticsOrder: optionalText(128),
};

/** A return of an order of the platform. */
export type ReturnReference = {
  readonly companyId: string;
  readonly orderId: string;
  readonly orderPid: string;
  readonly orderStatus: string;
  readonly logisticsOrder: string;
};

/** 订单状态 and 操作类型: 99, 退货确认. */
export const RETURN_CONFIRMED = 99;

/** The request of 接口 13, 退货查看, for one return. */
export function returnQuery(reference: ReturnReference): JsonObject {
  return {
    param: {
      companyID: reference.companyId,
      order_PID: reference.orderPid,
      order_id: reference.orderId,
      order_status: reference.orderStatus,
      logistics_order: reference.logisticsOrder,
    },
  };
}
