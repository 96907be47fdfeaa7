import type { CustomerRow, ErpDatabase, OrderLineRow, OrderRow, PartRow } from '../erp-tables.ts';
import { readInbox, readOrderIds, type SeenStatus } from '../written-back.ts';

/** What the ERP holds, and what was written back to it. */
export type ErpRecords = {
  readonly parts: readonly PartRow[];
  readonly customers: readonly CustomerRow[];
  readonly orders: readonly ErpOrder[];
  readonly inbox: readonly SeenStatus[];
};

/** An order with its lines and, once it is placed, the platform's number. */
export type ErpOrder = OrderRow & {
  readonly lines: readonly OrderLineRow[];
  readonly orderId: string | undefined;
};

/** Reads everything that is to be compared. */
export async function readErp(erp: ErpDatabase): Promise<ErpRecords> {
  const orders = await erp.selectFrom('erp_order').selectAll().orderBy('order_no').execute();
  const lines = await erp.selectFrom('erp_order_line').selectAll().orderBy('line_no').execute();
  const orderIds = await readOrderIds(erp);
  return {
    parts: await erp.selectFrom('erp_part').selectAll().orderBy('part_id').execute(),
    customers: await erp.selectFrom('erp_customer').selectAll().orderBy('customer_id').execute(),
    orders: orders.map((order) => ({
      ...order,
      lines: lines.filter((line) => line.order_no === order.order_no),
      orderId: orderIds.get(order.order_no),
    })),
    inbox: await readInbox(erp),
  };
}

/** The sellers of an order, each once: each gets one reminder. */
export function sellersOf(order: ErpOrder): string[] {
  return [...new Set(order.lines.map((line) => line.seller_id))];
}
