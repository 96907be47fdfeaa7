import type { SandboxState } from '../../sandbox/sandbox.ts';
import type { OrderLineRow } from '../erp-tables.ts';
import { type Compared, fieldDifferences, summarise } from './differences.ts';
import type { ErpOrder, ErpRecords } from './erp-records.ts';

/** Every order and every line against the platform's (接口 8), and none of them there twice. */
export function compareOrders(
  { orders }: ErpRecords,
  platform: SandboxState,
): { readonly orders: Compared; readonly lines: Compared } {
  const bound = new Set(orders.map((order) => order.orderId));
  const strangers = Object.keys(platform.orders).filter((id) => !bound.has(id));
  return {
    orders: summarise(
      orders.map((order) => compareOrder(order, platform)),
      strangers.map((id) => `order ${id}: is at the platform, but no order of the ERP has that number`),
    ),
    lines: summarise(orders.flatMap((order) => compareLines(order, platform))),
  };
}

function compareOrder({ order_no, orderId, lines }: ErpOrder, platform: SandboxState): string[] {
  const record = `order ${order_no}`;
  const held = orderId === undefined ? undefined : platform.orders[orderId];
  if (held === undefined) return [`${record}: is not at the platform`];
  const sameLines = held.timestamps.length === lines.length;
  return [
    ...(held.placements === 1 ? [] : [`${record}: took effect ${held.placements} times at the platform`]),
    ...(sameLines
      ? []
      : [`${record}: has ${lines.length} lines in the ERP, ${held.timestamps.length} at the platform`]),
  ];
}

function compareLines(order: ErpOrder, platform: SandboxState): string[][] {
  const keys = order.orderId === undefined ? [] : (platform.orders[order.orderId]?.timestamps ?? []);
  return order.lines.map((line, index) => {
    const record = `order ${order.order_no} line ${line.line_no}`;
    const held = platform.timestamps[keys[index] ?? ''];
    if (held === undefined) return [`${record}: is not at the platform`];
    const { timestamp: _timestamp, ...body } = held.body;
    const doubled = held.effects === 1 ? [] : [`${record}: took effect ${held.effects} times`];
    return [...doubled, ...fieldDifferences(record, wireLineOf(order, line), body)];
  });
}

function wireLineOf(order: ErpOrder, line: OrderLineRow): Record<string, unknown> {
  return {
    companyID: order.company_id,
    goods_id: line.part_id,
    seller_ID: line.seller_id,
    seller_company_name: line.seller_name,
    goods_name: line.part_name,
    goods_price: Number(line.price),
    goods_amount: line.amount,
    // The document's unit: 98.50折 is 9850.
    discount: Math.round(Number(line.discount) * 100),
    goods_totalPrice: Number(line.total),
  };
}
