import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';

const ALL_SLOTS = 16_384;
const COMPLETE_WITHIN_MS = 30_000;

/** Gives a node its even share of the slots: part 0, 1, … of so many. */
export async function assignSlots(client: Redis, { part, of }: { part: number; of: number }): Promise<void> {
  const from = Math.floor((ALL_SLOTS * part) / of);
  const end = Math.floor((ALL_SLOTS * (part + 1)) / of);
  const slots = Array.from({ length: end - from }, (_, index) => String(from + index));
  await client.call('CLUSTER', 'ADDSLOTS', ...slots);
}

/** Resolves when this node says that the cluster is complete. */
export async function untilClusterIsOk(client: Redis): Promise<void> {
  const giveUpAt = Date.now() + COMPLETE_WITHIN_MS;
  for (;;) {
    const info = String(await client.call('CLUSTER', 'INFO'));
    if (/^cluster_state:ok/m.test(info)) return;
    if (Date.now() > giveUpAt) throw new Error(`The Redis Cluster did not become complete:\n${info}`);
    await pause(50);
  }
}
