import type { Sandbox } from '../sandbox/sandbox.ts';
import type { SeenStatus } from './written-back.ts';

/** 订单状态 on an order's usual way. 1 is the sandbox's own number: the document has none for a placed order. */
export const ORDER_STATUSES: ReadonlyMap<string, string> = new Map([
  ['1', '已下单 placed'],
  ['2', '已接单 accepted'],
  ['50', '已发货 shipped'],
  ['55', '已收货 received'],
]);

const LAST = '55';

/** A status in words. */
export function statusInWords(status: string): string {
  return ORDER_STATUSES.get(status) ?? status;
}

/**
 * Plays the other side: each order whose status the ERP has seen goes one step on, as its seller accepts, ships and
 * hands over. Waiting for the ERP keeps every step in sight, however slow the machine.
 */
export function advanceSeenOrders(sandbox: Sandbox, inbox: readonly SeenStatus[]): void {
  const seen = new Map(inbox.map((row) => [row.orderId, row.status]));
  for (const { order_id, status } of Object.values(sandbox.state().orders)) {
    const isSeen = seen.get(order_id) === String(status);
    if (isSeen && String(status) !== LAST) sandbox.advance(order_id);
  }
}
