import { text } from './fields.ts';
import type { JsonObject, MapperOptions } from './interface.ts';
import { opTypeOf } from './op-types.ts';
import { readText, rowsOf } from './replies.ts';

/** How records name a shipment beside its order (接口 10, 11, 12). */
export const shipmentReferenceFields = {
  logisticsId: text(64),
  logisticsName: text(191),
  logisticsOrder: text(128),
};

/** A shipment of an order of the platform. */
export type ShipmentReference = {
  readonly orderId: string;
  readonly logisticsId: string;
  readonly logisticsName: string;
  readonly logisticsOrder: string;
};

/** The document's four fields that name a shipment. */
export function shipmentFields({ orderId, logisticsId, logisticsName, logisticsOrder }: ShipmentReference) {
  return {
    order_id: orderId,
    logistics_ID: logisticsId,
    logistics_name: logisticsName,
    logistics_order: logisticsOrder,
  };
}

/** 接口 12, 操作类型: 4 查询. */
export const LOGISTICS_OP_TYPES = { query: 4 } as const;

/** The request of 接口 12, 物流查看, for one shipment. */
export function logisticsQuery(options: MapperOptions, reference: ShipmentReference): JsonObject {
  const op_type = opTypeOf(options, { via: 'query-logistics', standard: LOGISTICS_OP_TYPES }, 'query');
  return { param: { ...shipmentFields(reference), op_type } };
}

/** The status of the shipment with this 物流单号 in a reply of 接口 12: absent without such a shipment. */
export function shipmentStatus(
  reply: JsonObject,
  logisticsOrder: string,
): { readonly status: string } | undefined {
  const row = rowsOf(reply).find((candidate) => readText(candidate, 'logistics_order') === logisticsOrder);
  return row && { status: readText(row, 'status') ?? '' };
}
