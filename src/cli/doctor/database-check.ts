import { sql } from 'kysely';
import { type Database, openDatabase } from '../../erp/database.ts';
import { connectAgent } from '../agent-client.ts';
import type { Configuration } from '../settings.ts';
import { examineAgents } from './agents-check.ts';
import { attempt } from './attempt.ts';
import { examineCapture } from './capture-check.ts';
import { examineClock } from './clock-check.ts';
import type { DatabaseLook } from './database-look.ts';
import { examineVersion } from './database-version-check.ts';
import { type Check, type Finding, fault, fine } from './finding.ts';
import { examineKeys } from './key-check.ts';
import { examineRights } from './rights-check.ts';
import { examineSource } from './source-map-check.ts';
import { examineTables } from './tables-check.ts';

const CONNECTIONS = 4;
const FIX = 'check DATABASE_URL, and that the database runs and is reachable from here.';

const LOOKS: Readonly<Record<string, DatabaseLook>> = {
  'database version': examineVersion,
  'database tables': examineTables,
  'database rights': examineRights,
  'database clock': examineClock,
  keys: examineKeys,
  capture: examineCapture,
  agents: examineAgents,
};

/** The database, and the source maps against it. */
export function databaseCheck(configuration: Configuration): Check {
  return { what: 'database', examine: () => examineDatabase(configuration) };
}

async function examineDatabase(configuration: Configuration): Promise<readonly Finding[]> {
  const { databaseUrl: url, dataDir, syncUrl } = configuration.settings;
  if (url === undefined && (await connectAgent(configuration.settings).isThere()))
    return [fine('database', `embedded, and held by the agent at ${syncUrl}; not looked into`)];
  const opened = await attempt(() => openDatabase({ url, dataDir, connections: CONNECTIONS }), 30_000);
  if (!opened.ok) return [unanswered(opened.words, url)];
  const database = opened.value;
  try {
    const answer = await attempt(() => sql`SELECT 1`.execute(database.kysely));
    return answer.ok ? await examineAnswering(database, configuration) : [unanswered(answer.words, url)];
  } finally {
    await attempt(() => database.close(), 2_000);
  }
}

function unanswered(words: string, url: string | undefined): Finding {
  const fix = url === undefined ? 'see DATA_DIR; one process at a time may hold it.' : FIX;
  return fault('database', `does not answer (${words}).`, fix);
}

async function examineAnswering(
  database: Database,
  configuration: Configuration,
): Promise<readonly Finding[]> {
  const maps = [...configuration.sources.values()].map(
    (map) => [`source map ${map.entity}`, () => examineSource(database, configuration, map)] as const,
  );
  const looks = Object.entries(LOOKS).map(
    ([what, look]) => [what, () => look(database, configuration)] as const,
  );
  const found = await Promise.all([...looks, ...maps].map(([what, look]) => lookWithin(what, look)));
  return found.flat();
}

/** Long enough for several questions on few connections; one that hangs does not hide the others. */
const LONGEST_LOOK_MS = 20_000;

async function lookWithin(
  what: string,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const tried = await attempt(look, LONGEST_LOOK_MS);
  if (tried.ok) return tried.value;
  const fix = `the database has the last word: see its message, and the rights of the user in DATABASE_URL.`;
  return [fault(what, `could not be looked at (${tried.words}).`, fix)];
}
