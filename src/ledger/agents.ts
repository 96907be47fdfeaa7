import { type RawBuilder, sql } from 'kysely';
import { type Database, type Dialect, now } from '../erp/database.ts';

/** An agent, as it announces itself. */
export type AgentNote = {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /**
   * When it has not been seen for so long, it is taken for dead and what it had claimed is free again. Longer than it
   * goes on sending without being seen, plus its longest send: nothing of it can be on its way any more by then.
   */
  readonly leaseMs: number;
};

/** Announces an agent, and again every few seconds that it lives. */
export async function markAlive(database: Database, agent: AgentNote): Promise<void> {
  const merge =
    database.dialect === 'postgres'
      ? sql`ON CONFLICT (id) DO UPDATE SET seen_at = ${now(database.dialect)}`
      : sql`ON DUPLICATE KEY UPDATE seen_at = ${now(database.dialect)}`;
  await sql`INSERT INTO ctg_agent (id, host, pid, lease_ms, seen_at)
    VALUES (${agent.id}, ${agent.host}, ${agent.pid}, ${agent.leaseMs}, ${now(database.dialect)}) ${merge}`.execute(
    database.kysely,
  );
}

/** Takes an agent off the list: at its end, or (embedded store, which one process holds) all earlier ones at its start. */
export async function forgetAgents(database: Database, which: { id: string } | 'all'): Promise<void> {
  const removal = database.kysely.deleteFrom('ctg_agent');
  await (which === 'all' ? removal : removal.where('id', '=', which.id)).execute();
}

/** SQL: the ids of the agents that live. */
export function livingAgents(dialect: Dialect): RawBuilder<unknown> {
  const until =
    dialect === 'postgres'
      ? sql`seen_at + lease_ms * interval '1 millisecond'`
      : sql`seen_at + INTERVAL (lease_ms * 1000) MICROSECOND`;
  return sql`(SELECT id FROM ctg_agent WHERE ${until} > ${now(dialect)})`;
}
