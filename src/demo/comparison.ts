import type { SandboxState } from '../sandbox/sandbox.ts';
import { compareCustomers } from './comparison/customers.ts';
import { readErp } from './comparison/erp-records.ts';
import { compareGoods } from './comparison/goods.ts';
import { compareOrders } from './comparison/orders.ts';
import { compareReminders } from './comparison/reminders.ts';
import { compareStatuses } from './comparison/statuses.ts';
import type { ErpDatabase } from './erp-tables.ts';

/** How many records of the ERP the platform holds exactly, and every difference in words. */
export type Comparison = {
  readonly goods: number;
  readonly customers: number;
  readonly orders: number;
  readonly orderLines: number;
  readonly reminders: number;
  readonly statuses: number;
  readonly differences: readonly string[];
};

/** Compares the ERP's tables with what the platform holds, field by field, in both directions. */
export async function compareSides(erp: ErpDatabase, platform: SandboxState): Promise<Comparison> {
  const records = await readErp(erp);
  const goods = compareGoods(records, platform);
  const customers = compareCustomers(records, platform);
  const { orders, lines } = compareOrders(records, platform);
  const reminders = compareReminders(records, platform);
  const statuses = compareStatuses(records, platform);
  const parts = [goods, customers, orders, lines, reminders, statuses];
  return {
    goods: goods.equal,
    customers: customers.equal,
    orders: orders.equal,
    orderLines: lines.equal,
    reminders: reminders.equal,
    statuses: statuses.equal,
    differences: [...parts.flatMap((part) => part.differences), ...platform.violations],
  };
}
