import { hostname } from 'node:os';
import { sql } from 'kysely';
import type { Settings } from '../../config/settings.ts';
import type { Database } from '../../erp/database.ts';
import { livingAgents } from '../../ledger/agents.ts';
import { connectAgent } from '../agent-client.ts';
import { attempt } from './attempt.ts';
import type { DatabaseLook } from './database-look.ts';
import { type Finding, fault, fine } from './finding.ts';

type Living = { readonly id: string; readonly host: string; readonly pid: number };

/** The agents that work on this database already. Before the first start there is no list of them. */
export const examineAgents: DatabaseLook = async (database, { settings }) => {
  const tried = await attempt(() => readLiving(database));
  if (!tried.ok) return [];
  const agents = tried.value;
  const same = agents.find(({ id }) => id === settings.agentId);
  if (same && !(await isOurs(same, settings))) return [sameName(same)];
  if (agents.length > 1 && !settings.redis && database.engine === 'mysql') return [apart(agents)];
  return agents.length === 0
    ? []
    : [fine('agents', `${agents.length} alive: ${agents.map(nameOf).join(', ')}`)];
};

async function readLiving({ kysely, dialect }: Database): Promise<readonly Living[]> {
  const { rows } = await sql<Living>`SELECT id, host, pid FROM ctg_agent
    WHERE id IN ${livingAgents(dialect)} ORDER BY id LIMIT 20`.execute(kysely);
  return rows;
}

/** The agent whose settings these are is alive itself. */
async function isOurs({ host }: Living, settings: Settings): Promise<boolean> {
  return host === hostname() && (await connectAgent(settings).isThere());
}

function sameName(agent: Living): Finding {
  const fix = 'give each agent an AGENT_ID of its own, or none. If that one is this one, all is well.';
  return fault('AGENT_ID', `${nameOf(agent)} is alive under this name already.`, fix);
}

/** Each agent's queues are in its own process then. */
function apart(agents: readonly Living[]): Finding {
  const detail = `${agents.length} are alive, each with queues of its own: ${agents.map(nameOf).join(', ')}.`;
  return fault('agents', detail, 'set the same REDIS_URL for all of them, or run one.');
}

function nameOf({ id, host, pid }: Living): string {
  return `${id} (${host}, process ${pid})`;
}
