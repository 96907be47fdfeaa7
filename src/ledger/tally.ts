import { hash } from 'node:crypto';
import { sql } from 'kysely';
import type { Dialect, Executor } from '../erp/database.ts';
import type { ClosedState } from './states.ts';

/** What is counted for ever: changes taken over, and how each of them ended. */
export type Counter = 'captured' | ClosedState;

/** Counts of one transaction, by entity and counter. */
export class Tally {
  readonly #counts = new Map<string, { entity: string; counter: Counter; value: number }>();

  /** Adds `value` changes of `entity`. */
  add(entity: string, counter: Counter, value = 1): void {
    if (value === 0) return;
    const key = `${entity}|${counter}`;
    const count = this.#counts.get(key) ?? { entity, counter, value: 0 };
    count.value += value;
    this.#counts.set(key, count);
  }

  /**
   * Writes the counts into `shard`. It comes last in its transaction, since its rows are shared: each agent has a
   * shard of its own (modulo {@link SHARDS}), and counters are touched in one order, so that writers never wait in a
   * circle.
   */
  async write(executor: Executor, dialect: Dialect, shard: number): Promise<void> {
    const rows = [...this.#counts.values()].sort((a, b) =>
      a.entity + a.counter < b.entity + b.counter ? -1 : 1,
    );
    if (rows.length === 0) return;
    const values = sql.join(rows.map((row) => sql`(${shard}, ${row.entity}, ${row.counter}, ${row.value})`));
    const merge =
      dialect === 'postgres'
        ? sql`ON CONFLICT (shard, entity, counter) DO UPDATE SET value = ctg_tally.value + EXCLUDED.value`
        : sql`ON DUPLICATE KEY UPDATE value = value + VALUES(value)`;
    await sql`INSERT INTO ctg_tally (shard, entity, counter, value) VALUES ${values} ${merge}`.execute(
      executor,
    );
  }
}

/** Rows over which agents spread their counting. */
const SHARDS = 16;

/** The shard in which an agent counts. */
export function shardOf(agentId: string): number {
  return hash('sha256', agentId, 'buffer').readUInt16BE(0) % SHARDS;
}
