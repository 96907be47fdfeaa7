import type { SandboxState } from '../../src/sandbox/sandbox.ts';

/** How often each thing is at the platform. */
export type Added = Readonly<Record<string, number>>;

/** Everything that the platform holds, counted: rows by their values, and what was done to orders as often as it was. */
export function platformHolds(state: SandboxState): Added {
  const counts: Record<string, number> = {};
  const add = (what: string, times = 1): void => {
    counts[what] = (counts[what] ?? 0) + times;
  };
  for (const { goods_ID, lastBody } of Object.values(state.goods)) add(`goods ${goods_ID} ${lastBody.stock}`);
  for (const { name, address } of Object.values(state.customers)) add(`customer ${name} ${address}`);
  for (const each of Object.values(state.relations))
    add(`relation ${each.target_enterprise_ID} ${each.relation_ID}`);
  for (const each of Object.values(state.discounts)) add(`discount ${each.relation_ID} ${each.discount}`);
  for (const { effects } of Object.values(state.timestamps)) add('lines', effects);
  for (const { effects } of Object.values(state.reminders)) add('reminders', effects);
  // A rule that is sent again is the same rule: the platform has no key for it.
  add('rules', Object.keys(state.listRules).length);
  for (const order of Object.values(state.orders)) {
    if (order.timestamps.length > 0) add('orders');
    add('shipments', order.ships);
    add('receipts', order.receives);
    add('acceptances', order.accepts);
    for (const confirmed of Object.values(order.returnConfirms)) add('returns', confirmed);
  }
  return counts;
}

/** What is there now and was not before. */
export function addedSince(before: Added, after: Added): Added {
  const all = Object.entries(after).map(([what, times]) => [what, times - (before[what] ?? 0)] as const);
  return Object.fromEntries(all.filter(([, times]) => times !== 0));
}
