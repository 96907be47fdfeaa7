import { startAgent } from '../../src/agent.ts';
import { loadAccounts } from '../../src/config/accounts.ts';
import { createLogger } from '../../src/config/logger.ts';
import { loadPlatformPaths } from '../../src/config/paths.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { type Database, openDatabase } from '../../src/erp/database.ts';
import { writeOutbox } from '../../src/erp/outbox.ts';
import type { OpenContender, Stage } from '../contender.ts';
import { type Load, recordOf } from '../load.ts';

const SETTLED_LOOK_MS = 10;

/** The agent as it is: a change is committed in the ERP's database, and ends as accepted and recorded. */
export const openOurs: OpenContender = async (stage, received) => {
  const env = environment(stage);
  const settings = loadSettings(env);
  const logger = createLogger({ level: settings.logLevel });
  const accounts = loadAccounts(settings, env);
  const platform = loadPlatformPaths(undefined);
  const agent = await startAgent({ settings, accounts, sources: new Map(), platform, logger });
  const erp = await erpOf(stage, agent.database);
  return {
    backlog: async (from, to) => {
      const commit = await prepareCommit(erp.database, stage.load, from, to);
      return async () => {
        const all = received(to);
        await commit();
        await all;
        await untilSettled(agent.database);
      };
    },
    single: (index) => writeOutbox(erp.database.kysely, [entryOf(stage.load, index)]),
    close: async () => {
      await erp.close();
      await agent.stop();
    },
  };
};

function environment({ url, client, concurrency, databaseUrl, redisUrl }: Stage): Record<string, string> {
  return {
    CTG_BASE_URL: url,
    CTG_USERNAME: '13800000000',
    CTG_PASSWORD: 'bench',
    CTG_SEC: 'bench-sec',
    CTG_HTTP_CLIENT: client,
    CONCURRENCY: String(concurrency),
    LOG_LEVEL: 'warn',
    POLL_CRON: '0 0 0 1 1 *',
    MIRROR_CRON: 'off',
    QUEUE_PREFIX: `bench-${process.pid}`,
    DATA_DIR: 'memory',
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
    ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
  };
}

/** The ERP has connections of its own; the embedded store has one process only. */
async function erpOf(
  { databaseUrl }: Stage,
  agents: Database,
): Promise<{ database: Database; close: () => Promise<void> }> {
  if (databaseUrl === undefined) return { database: agents, close: async () => undefined };
  const database = await openDatabase({ url: databaseUrl, dataDir: 'memory', connections: 2 });
  return { database, close: () => database.close() };
}

/** Writes the changes and leaves their transaction open: the result commits it. */
async function prepareCommit(
  database: Database,
  load: Load,
  from: number,
  to: number,
): Promise<() => Promise<void>> {
  const entries = Array.from({ length: to - from }, (_, offset) => entryOf(load, from + offset));
  if (database.engine === 'pglite') {
    return () => database.kysely.transaction().execute((transaction) => writeOutbox(transaction, entries));
  }
  const transaction = await database.kysely.startTransaction().execute();
  for (let start = 0; start < entries.length; start += 500) {
    await writeOutbox(transaction, entries.slice(start, start + 500));
  }
  return async () => {
    await transaction.commit().execute();
  };
}

function entryOf(load: Load, index: number) {
  return { account: 'default', op: 'upsert' as const, ...recordOf(load, index) };
}

async function untilSettled({ kysely }: Database): Promise<void> {
  for (;;) {
    const outbox = await kysely.selectFrom('ctg_outbox').select('id').limit(1).executeTakeFirst();
    const open = await kysely
      .selectFrom('ctg_delivery')
      .select('id')
      .where('open_lane', 'is not', null)
      .limit(1)
      .executeTakeFirst();
    if (!outbox && !open) return;
    await new Promise((resolve) => setTimeout(resolve, SETTLED_LOOK_MS));
  }
}
