import { setTimeout as pause } from 'node:timers/promises';
import type { Stage } from './stage.ts';

/** How often each open delivery was sent. */
export type Attempts = ReadonlyMap<number, number>;

/** What an outage of the platform cost. */
export type OutageCost = {
  /** Changes that were open at its end. */
  readonly open: number;
  /** Most attempts that one of them had used up in it. */
  readonly most: number;
};

/**
 * A change may use up so many attempts in an outage, for each agent process that lived in it: those before its circuit
 * opened (five failures), and probes (one at a time, ever further apart).
 */
export const MOST_ATTEMPTS_PER_PROCESS = 10;

const PATIENCE_MS = 20_000;

/** Reads the attempts from the ledger, or where that is in the agent's process, from the agent; undefined when neither answers. */
export async function readAttempts(stage: Stage): Promise<Attempts | undefined> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    const read = await (stage.database ? readLedger(stage) : askAgent(stage)).catch(() => undefined);
    if (read) return read;
    await pause(100);
  }
  return undefined;
}

/** What was used up between two readings. */
export function costOf(before: Attempts, after: Attempts): OutageCost {
  const used = [...after].map(([id, attempts]) => attempts - (before.get(id) ?? 0));
  return { open: used.length, most: Math.max(0, ...used) };
}

async function readLedger({ database }: Stage): Promise<Attempts | undefined> {
  const rows = await database?.kysely
    .selectFrom('ctg_delivery')
    .select(['id', 'attempts'])
    .where('open_lane', 'is not', null)
    .execute();
  return rows && new Map(rows.map(({ id, attempts }) => [Number(id), Number(attempts)]));
}

type Page = {
  readonly deliveries: readonly { id: number; attempts: number }[];
  readonly next: number | null;
};

async function askAgent({ actors }: Stage): Promise<Attempts> {
  const found = new Map<number, number>();
  for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
    const url = `${actors[0]?.agent.url}/v1/deliveries?state=waiting,in_doubt,blocked,queued&limit=500&before=${before}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
    if (!response.ok) throw new Error(`/v1/deliveries answered ${response.status}.`);
    const page = (await response.json()) as Page;
    for (const { id, attempts } of page.deliveries) found.set(id, attempts);
    before = page.next;
  }
  return found;
}
