import { z } from 'zod';
import type { RecordedRequest, Sandbox } from '../sandbox/sandbox.ts';
import type { ErpDatabase } from './erp-tables.ts';
import { readOrderIds } from './written-back.ts';

/** An order whose first answer was lost, and what the platform received for it. */
export type Resend = {
  readonly orderNo: string;
  readonly keys: readonly string[];
  readonly requests: readonly RecordedRequest[];
  /** Whether every request was the same, to the letter. */
  readonly sameBody: boolean;
  /** The orders at the platform that have one of these keys; more than one would be a doubled order. */
  readonly orderIds: readonly string[];
};

const bodyShape = z.object({ param: z.array(z.object({ timestamp: z.string() })) });

/** Finds the order whose connection the platform cut, in the platform's own record of requests. */
export async function findResend(sandbox: Sandbox, erp: ErpDatabase): Promise<Resend | undefined> {
  const placements = sandbox.requests().filter((request) => request.interface === 'place-order');
  const cut = placements.find((request) => request.ending === 'destroy');
  if (cut === undefined) return undefined;
  const keys = keysOf(cut);
  const requests = placements.filter((request) => keysOf(request).some((key) => keys.includes(key)));
  const { orders } = sandbox.state();
  const holding = Object.values(orders).filter((order) => order.timestamps.some((key) => keys.includes(key)));
  const orderIds = holding.map((order) => order.order_id);
  const orderNo =
    [...(await readOrderIds(erp))].find(([, orderId]) => orderIds.includes(orderId))?.[0] ?? '?';
  const bodies = new Set(requests.map((request) => JSON.stringify(request.body)));
  return { orderNo, keys, requests, sameBody: bodies.size === 1, orderIds };
}

/** The keys of the lines of a placement (接口 8: `timestamp`). */
export function keysOf(request: RecordedRequest): string[] {
  const parsed = bodyShape.safeParse(request.body);
  return parsed.success ? parsed.data.param.map((line) => line.timestamp) : [];
}
