import type { Comparison } from './comparison.ts';
import { compareSides } from './comparison.ts';
import type { Resend } from './resend.ts';
import { findResend } from './resend.ts';
import type { Stage } from './stage.ts';
import { type Balance, isBalanced, readBalance } from './written-back.ts';

/** What the demo came to: what is in the ERP's tables and at the platform, nothing else. */
export type Summary = Omit<Comparison, 'differences'> & {
  /** Nothing differs, nothing is there twice, nothing is unaccounted for. */
  readonly ok: boolean;
  /** How many records stand rejected or were, until they were corrected. */
  readonly rejected: number;
  readonly resent: { readonly order: string; readonly requests: number; readonly orders: number } | null;
  readonly platform: PlatformCounts;
  readonly balance: Balance;
  readonly differences: readonly string[];
  readonly seconds: number;
};

type PlatformCounts = {
  readonly goods: number;
  readonly customers: number;
  readonly orders: number;
  readonly orderLines: number;
  readonly reminders: number;
  readonly requests: number;
  readonly violations: number;
};

/** Looks at both sides. `fault` is what kept the demo from its end, if something did. */
export async function summarise(
  { erp, sandbox }: Stage,
  { startedAt, fault }: { readonly startedAt: number; readonly fault: string | undefined },
): Promise<Summary> {
  const { differences: compared, ...counts } = await compareSides(erp, sandbox.state());
  const balance = await readBalance(erp);
  const resend = await findResend(sandbox, erp);
  const differences = [
    ...(fault === undefined ? [] : [fault]),
    ...compared,
    ...resendFaults(resend),
    ...(isBalanced(balance) ? [] : ['the balance does not add up']),
  ];
  return {
    ok: differences.length === 0,
    ...counts,
    rejected: balance.rejected,
    resent: resend
      ? { order: resend.orderNo, requests: resend.requests.length, orders: resend.orderIds.length }
      : null,
    platform: countPlatform(sandbox),
    balance,
    differences,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  };
}

function resendFaults(resend: Resend | undefined): string[] {
  if (resend === undefined) return [];
  const { orderNo, orderIds, sameBody } = resend;
  return [
    ...(sameBody ? [] : [`order ${orderNo}: sent again with another body`]),
    ...(orderIds.length === 1 ? [] : [`order ${orderNo}: is at the platform ${orderIds.length} times`]),
  ];
}

function countPlatform(sandbox: Stage['sandbox']): PlatformCounts {
  const { goods, customers, orders, timestamps, reminders, counts, violationCount } = sandbox.state();
  const size = (record: object): number => Object.keys(record).length;
  return {
    goods: size(goods),
    customers: size(customers),
    orders: size(orders),
    orderLines: size(timestamps),
    reminders: size(reminders),
    requests: Object.values(counts).reduce((sum, each) => sum + each.requests, 0),
    violations: violationCount,
  };
}
