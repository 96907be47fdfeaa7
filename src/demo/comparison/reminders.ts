import type { SandboxState } from '../../sandbox/sandbox.ts';
import { type Compared, fieldDifferences, summarise } from './differences.ts';
import { type ErpOrder, type ErpRecords, sellersOf } from './erp-records.ts';

/** One reminder to each seller of each order (接口 7), and no other. */
export function compareReminders({ orders }: ErpRecords, platform: SandboxState): Compared {
  const held = Object.values(platform.reminders);
  const perReminder = orders.flatMap((order) =>
    sellersOf(order).map((seller) => compare(order, seller, platform)),
  );
  const surplus = held.length - perReminder.length;
  return summarise(perReminder, surplus > 0 ? [`the platform holds ${surplus} reminders too many`] : []);
}

function compare(order: ErpOrder, seller: string, platform: SandboxState): string[] {
  const record = `reminder of ${order.order_no} to ${seller}`;
  const found = Object.values(platform.reminders).filter(
    ({ order_ID, body }) => order_ID === order.orderId && body.receiver === seller,
  );
  const [first] = found;
  if (first === undefined) return [`${record}: is not at the platform`];
  if (found.length > 1) return [`${record}: is at the platform ${found.length} times`];
  const { sender, message } = first.body;
  return fieldDifferences(record, { sender: order.company_id, message: order.message }, { sender, message });
}
