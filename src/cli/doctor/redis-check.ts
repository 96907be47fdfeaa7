import { randomBytes } from 'node:crypto';
import { Cluster, type Redis } from 'ioredis';
import type { RedisTarget } from '../../config/settings.ts';
import { connectRedis, openQueueStore } from '../../jobs/connections.ts';
import { attempt } from './attempt.ts';
import { type Finding, fault, fine, warning } from './finding.ts';

const WHAT = 'queues';
const OLDEST = [6, 2] as const;

/** Redis: whether it answers, keeps its keys, and lets BullMQ do its work. */
export async function examineRedis(target: RedisTarget, prefix: string): Promise<readonly Finding[]> {
  const connection = connectRedis(target, { maxRetriesPerRequest: 1, connectTimeout: 5_000 });
  let lastWords: string | undefined;
  connection.on('error', (error: Error) => {
    lastWords = error.message === '' ? lastWords : error.message;
  });
  try {
    const answer = await attempt(() => connection.ping());
    if (!answer.ok) return [unanswered(refusalWords(lastWords, answer.words))];
    const servers = await attempt(() => readServers(connection));
    const facts = servers.ok ? servers.value.flatMap(judgeServer) : [unread(servers.words)];
    if (facts.some(({ level }) => level === 'fault')) return facts;
    const work = await examineWork(target, prefix);
    return work.level === 'fine' ? facts : [work];
  } finally {
    connection.disconnect();
  }
}

/** What Redis said to the log-in tells more than what became of the first command. */
function refusalWords(atConnecting: string | undefined, atPing: string): string {
  return /NOAUTH|WRONGPASS|NOPERM/.test(atPing) ? atPing : (atConnecting ?? atPing);
}

function unanswered(words: string): Finding {
  if (/NOAUTH|WRONGPASS|AUTH/.test(words)) {
    const fix = 'correct user and password in REDIS_URL (redis://USER:PASSWORD@HOST:PORT).';
    return fault(WHAT, `Redis refuses the log-in (${words}).`, fix);
  }
  if (/NOPERM/.test(words)) return notAllowed(words);
  const fix = 'check REDIS_URL, and that Redis runs and is reachable from here.';
  return fault(WHAT, `Redis does not answer (${words}).`, fix);
}

function unread(words: string): Finding {
  const fix = 'let its user run INFO; BullMQ reads the version with it.';
  return fault(WHAT, `Redis does not tell how it is set (${words}).`, fix);
}

type Server = ReadonlyMap<string, string>;

/** INFO of each master; it needs no right to CONFIG, which managed services withhold. */
async function readServers(connection: Redis | Cluster): Promise<readonly Server[]> {
  const masters = connection instanceof Cluster ? connection.nodes('master') : [connection];
  const texts = await Promise.all(masters.map((master) => master.info()));
  return texts.map(
    (text) =>
      new Map([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value])),
  );
}

function judgeServer(server: Server): readonly Finding[] {
  const faults = [...judgeVersion(server), ...judgeMemory(server), ...judgeDisk(server)];
  return faults.length > 0 ? faults : [fine(WHAT, describeServer(server))];
}

function describeServer(server: Server): string {
  const keeps =
    server.get('aof_enabled') === '1' ? 'keeps jobs on disk (AOF)' : 'refilled by the agent when it is lost';
  const kind = server.get('redis_mode') ?? 'standalone';
  return `Redis ${server.get('redis_version')} (${kind}) answers, lets BullMQ work, noeviction, ${keeps}`;
}

function judgeVersion(server: Server): readonly Finding[] {
  const version = server.get('redis_version') ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return [];
  const fix = `upgrade it to ${OLDEST.join('.')} or later.`;
  return [
    major < 5
      ? fault(WHAT, `Redis ${version} is too old for BullMQ.`, fix)
      : warning(WHAT, `Redis ${version} is older than BullMQ recommends.`, fix),
  ];
}

/** Under any other policy a full Redis throws keys of the queues away one by one, which BullMQ does not survive. */
function judgeMemory(server: Server): readonly Finding[] {
  const policy = server.get('maxmemory_policy') ?? 'noeviction';
  const [limit, used] = [Number(server.get('maxmemory')), Number(server.get('used_memory'))];
  if (policy !== 'noeviction') {
    const fix = 'set "maxmemory-policy noeviction" in redis.conf (CONFIG SET maxmemory-policy noeviction).';
    return [fault(WHAT, `Redis may throw away keys of the queues: maxmemory-policy is ${policy}.`, fix)];
  }
  if (!(limit > 0 && used > limit * 0.9)) return [];
  const share = Math.round((100 * used) / limit);
  return [
    warning(WHAT, `Redis uses ${share} % of its maxmemory.`, 'raise maxmemory: a full Redis takes no jobs.'),
  ];
}

/** With its defaults Redis refuses every write after a save that failed. */
function judgeDisk(server: Server): readonly Finding[] {
  const failed = ['rdb_last_bgsave_status', 'aof_last_write_status'].filter(
    (name) => server.get(name) === 'err',
  );
  if (failed.length === 0) return [];
  const fix = 'see its log; most often its disk is full or its directory not writable.';
  return [fault(WHAT, `Redis cannot save to its disk (${failed.join(', ')}).`, fix)];
}

/** Lets BullMQ add and work on one job in a queue of its own, which shows every right that it needs. */
async function examineWork(target: RedisTarget, prefix: string): Promise<Finding> {
  const tried = await attempt(() => workOnce(target, prefix));
  if (tried.ok) return fine(WHAT, 'BullMQ can work on Redis');
  if (/NOPERM/.test(tried.words)) return notAllowed(tried.words);
  const fix = 'Redis has the last word: see its message, and its log.';
  return fault(WHAT, `BullMQ cannot work on Redis (${tried.words}).`, fix);
}

function notAllowed(words: string): Finding {
  const fix =
    'give its user the keys of QUEUE_PREFIX and all commands of BullMQ: ACL SETUSER … ~* &* +@all -@dangerous +info.';
  return fault(WHAT, `Redis does not allow what BullMQ needs (${words}).`, fix);
}

async function workOnce(target: RedisTarget, prefix: string): Promise<void> {
  const store = await openQueueStore({ redis: target, postgresUrl: undefined, prefix });
  const name = `doctor-${randomBytes(6).toString('hex')}`;
  const queue = store.createQueue(name, {});
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  queue.on('error', failed.reject);
  const done = Promise.withResolvers<void>();
  const worker = store.createWorker(name, async () => 'done', {});
  worker.on('completed', () => done.resolve());
  worker.on('error', failed.reject);
  try {
    await Promise.race([queue.add('doctor', { tick: 'doctor' }), failed.promise]);
    await Promise.race([done.promise, failed.promise]);
  } finally {
    await attempt(() => worker.close(true), 2_000);
    await attempt(() => queue.obliterate({ force: true }), 2_000);
    await attempt(() => queue.close(), 2_000);
    await store.close();
  }
}
