import { type RawBuilder, sql } from 'kysely';
import { type Database, type Dialect, now } from '../erp/database.ts';

/** An agent that has not been seen for so long is taken for dead, and what it had claimed is free again. */
export const AGENT_LEASE_SECONDS = 15;

/** Announces an agent, and again every few seconds that it lives. */
export async function markAlive(
  database: Database,
  agent: { id: string; host: string; pid: number },
): Promise<void> {
  const merge =
    database.dialect === 'postgres'
      ? sql`ON CONFLICT (id) DO UPDATE SET seen_at = ${now(database.dialect)}`
      : sql`ON DUPLICATE KEY UPDATE seen_at = ${now(database.dialect)}`;
  await sql`INSERT INTO ctg_agent (id, host, pid, seen_at)
    VALUES (${agent.id}, ${agent.host}, ${agent.pid}, ${now(database.dialect)}) ${merge}`.execute(
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
  const since =
    dialect === 'postgres'
      ? sql`now() - ${AGENT_LEASE_SECONDS} * interval '1 second'`
      : sql`NOW(3) - INTERVAL ${AGENT_LEASE_SECONDS} SECOND`;
  return sql`(SELECT id FROM ctg_agent WHERE seen_at > ${since})`;
}
