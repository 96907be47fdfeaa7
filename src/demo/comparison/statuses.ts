import type { SandboxState } from '../../sandbox/sandbox.ts';
import { type Compared, summarise } from './differences.ts';
import type { ErpRecords } from './erp-records.ts';

/** Every status that an order went through at the platform (接口 9) against what the ERP saw, in the same order. */
export function compareStatuses({ orders, inbox }: ErpRecords, platform: SandboxState): Compared {
  const perStatus = orders.flatMap(({ order_no, orderId }) => {
    const seen = inbox.filter((row) => row.orderNo === order_no).map((row) => row.status);
    const went = (platform.orders[orderId ?? '']?.history ?? []).map(String);
    const length = Math.max(seen.length, went.length);
    return Array.from({ length }, (_, index) => compare(order_no, seen[index], went[index]));
  });
  return summarise(perStatus);
}

function compare(orderNo: string, seen: string | undefined, went: string | undefined): string[] {
  if (seen === went) return [];
  return [`order ${orderNo}: the platform has status ${went ?? 'none'}, the ERP sees ${seen ?? 'none'}`];
}
