import { sql } from 'kysely';
import type { RedisTarget, Settings } from '../../config/settings.ts';
import { openDatabase } from '../../erp/database.ts';
import { attempt } from './attempt.ts';
import { type Check, type Finding, fault, fine } from './finding.ts';
import { examineRedis } from './redis-check.ts';

/** Where the queues are, and whether they can be there. */
export function queuesCheck(settings: Settings): Check {
  const { redis, databaseUrl } = settings;
  return { what: 'queues', examine: () => look(settings, redis, databaseUrl) };
}

async function look(
  settings: Settings,
  redis: RedisTarget | undefined,
  databaseUrl: string | undefined,
): Promise<readonly Finding[]> {
  if (redis) return examineRedis(redis, settings.queuePrefix);
  if (databaseUrl?.startsWith('postgres')) return [await examinePostgres(databaseUrl)];
  return [fine('queues', 'run in the process, for one agent; no REDIS_URL is set')];
}

/** BullMQ has a schema of its own beside the ERP's tables, which `start` creates. */
async function examinePostgres(url: string): Promise<Finding> {
  const database = await openDatabase({ url, dataDir: 'memory', connections: 1 });
  try {
    const tried = await attempt(() =>
      sql<{ allowed: boolean }>`SELECT CASE WHEN to_regnamespace('bullmq') IS NULL
        THEN has_database_privilege(current_database(), 'CREATE')
        ELSE has_schema_privilege('bullmq', 'CREATE') END AS allowed`.execute(database.kysely),
    );
    return tried.ok ? judge(tried.value.rows[0]?.allowed === true) : unknown(tried.words);
  } finally {
    await attempt(() => database.close(), 2_000);
  }
}

function judge(allowed: boolean): Finding {
  if (allowed) return fine('queues', 'run on the PostgreSQL of DATABASE_URL; no REDIS_URL is set');
  const fix = 'GRANT CREATE ON DATABASE … to the user of DATABASE_URL, or set REDIS_URL.';
  return fault('queues', 'the user of DATABASE_URL may not create their schema "bullmq".', fix);
}

function unknown(words: string): Finding {
  return fault('queues', `their PostgreSQL does not answer (${words}).`, 'see the line of the database.');
}
