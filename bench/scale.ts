// How the agent does with a backlog of a thousand and of a million: rate, memory, statements, and what history costs.
//
//   npm run bench:scale                       (--help for the options)
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../src/erp/database.ts';
import { migrate } from '../src/ledger/migrate.ts';
import type { Client } from './contender.ts';
import { type Responder, startResponder } from './responder-client.ts';
import type { ScaleMeasured, ScaleTask } from './scale-agent.ts';
import { startServers } from './servers.ts';

const HELP = `npm run bench:scale -- [options]

  --backlogs LIST    changes that wait, one drain each, in a store of its own (1000,10000,100000,1000000)
  --again N          changes of one more drain in the last store, with its history (10000)
  --client NAME      got or undici (undici)
  --senders LIST     sending processes, one drain each of the second backlog (1,2,4)
  --tiny             shows that everything runs, and measures nothing worth reading
`;

const { values } = parseArgs({
  options: {
    backlogs: { type: 'string' },
    again: { type: 'string' },
    client: { type: 'string', default: 'undici' },
    senders: { type: 'string' },
    tiny: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const standard = values.tiny
  ? { backlogs: '50,100', again: '50', senders: '2' }
  : { backlogs: '1000,10000,100000,1000000', again: '10000', senders: '1,2,4' };
const size = { ...standard, ...values };
const listOf = (text: string): number[] => text.split(',').filter(Boolean).map(Number);
const client: Client = values.client === 'got' ? 'got' : 'undici';
/** A process that is new runs its code uncompiled: that is no matter of scale. */
const WARM_UP = values.tiny ? 20 : 2_000;
const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** One line of the report. */
type Drain = ScaleMeasured & { readonly name: string; readonly perSecond: number; readonly redisMb: number };

if (values.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0;
  const responder = await startResponder(canPin ? ['taskset', '-c', '1'] : []);
  if (canPin) spawnSync('taskset', ['-a', '-cp', '0', String(process.pid)]);
  const servers = await startServers(new Set(['postgres']));
  const drains: Drain[] = [];
  const note = (drain: Drain): void => {
    drains.push(drain);
    console.log(lineOf(drain));
  };
  const backlogs = listOf(size.backlogs);
  const open = async (work: (store: Store) => Promise<void>): Promise<void> => {
    const { drop, databaseUrl = '', redisUrl = '' } = await servers.open('postgres');
    const database = await openDatabase({ url: databaseUrl, dataDir: 'memory', connections: 2 });
    await migrate(database);
    const redis = new Redis(redisUrl);
    await redis.flushall();
    await work({ database, databaseUrl, redis, redisUrl, responder, next: 0 });
    redis.disconnect();
    await database.close();
    await drop();
  };
  try {
    for (const backlog of backlogs) {
      await open(async (store) => {
        await responder.reset({ latencyMs: 0, faultRate: 0 });
        note(await drain(store, `backlog of ${backlog}`, backlog, 1));
        if (backlog === backlogs.at(-1)) {
          const again = Number(size.again);
          note(await drain(store, `${again} after ${backlog} that are history`, again, 1));
        }
      });
    }
    for (const senders of listOf(size.senders)) {
      await open(async (store) => {
        await responder.reset({ latencyMs: 0, faultRate: 0 });
        const backlog = backlogs[1] ?? backlogs[0] ?? 1_000;
        note(await drain(store, `senders: ${senders}, backlog of ${backlog}`, backlog, senders));
      });
    }
  } finally {
    await servers.stop();
    responder.stop();
  }
  printRatios(drains);
}

type Store = {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly redis: Redis;
  readonly redisUrl: string;
  readonly responder: Responder;
  /** The number of the next record: each is sent once. */
  next: number;
};

/** Lets a new agent drain a backlog that was there before it, and looks at Redis meanwhile. */
async function drain(store: Store, name: string, backlog: number, senders: number): Promise<Drain> {
  const { databaseUrl, redisUrl, responder, redis } = store;
  const children = Array.from({ length: senders }, () => {
    const child = fork(`${FOLDER}scale-agent.ts`, { execArgv: process.execArgv });
    const part = Math.ceil(64 / senders);
    const task: ScaleTask = { databaseUrl, redisUrl, url: responder.url, client, concurrency: part };
    child.send(task);
    return { child, ready: once(child, 'message') };
  });
  await Promise.all(children.map(({ ready }) => ready));
  await commit(store, WARM_UP);
  await settled(store.database);
  for (const { child } of children) {
    const begun = once(child, 'message');
    child.send('begin');
    await begun;
  }
  let redisMb = 0;
  const startedAt = performance.now();
  await commit(store, backlog);
  const committedAt = performance.now();
  while (!(await isSettled(store.database))) {
    redisMb = Math.max(redisMb, await usedMb(redis));
    await pause(50);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const parts = await Promise.all(
    children.map(async ({ child }) => {
      const measured = once(child, 'message');
      child.send('end');
      const [message] = await measured;
      await once(child, 'exit');
      return message as ScaleMeasured;
    }),
  );
  const { accepted, repeated } = await responder.report();
  if (accepted !== store.next || repeated > 0) {
    throw new Error(`${name}: ${accepted} of ${store.next} delivered, ${repeated} of them again.`);
  }
  console.error(`${name}: ${Math.round(committedAt - startedAt)} ms until the ERP had committed`);
  return {
    name,
    perSecond: backlog / seconds,
    redisMb,
    cpuMs: parts.reduce((sum, each) => sum + each.cpuMs, 0) / backlog,
    peakRssMb: Math.max(...parts.map((each) => each.peakRssMb)),
    statements: parts.reduce((sum, each) => sum + each.statements, 0) / backlog,
  };
}

/** The ERP commits `count` goods at once: the database makes them, so that nobody's memory holds them. */
async function commit(store: Store, count: number): Promise<void> {
  const from = store.next;
  store.next += count;
  await sql`INSERT INTO ctg_outbox (account, entity, entity_key, op, payload)
    SELECT 'default', 'goods', 'G-' || n, 'upsert', jsonb_build_object('goodsId', 'G-' || n, 'name', '机油滤清器',
      'brand', 'MANN', 'oeNumber', '06A115561B', 'stock', n % 97, 'price', '38.50', 'quality', '原厂')
    FROM generate_series(${from}::bigint, ${from + count - 1}::bigint) n`.execute(store.database.kysely);
}

async function settled(database: Database): Promise<void> {
  while (!(await isSettled(database))) await pause(20);
}

async function isSettled({ kysely }: Database): Promise<boolean> {
  const { rows } = await sql<{ left: boolean }>`SELECT EXISTS (SELECT 1 FROM ctg_outbox)
    OR EXISTS (SELECT 1 FROM ctg_delivery WHERE open_lane IS NOT NULL) AS left`.execute(kysely);
  return rows[0]?.left === false;
}

async function usedMb(redis: Redis): Promise<number> {
  const bytes = /used_memory:(\d+)/.exec(await redis.info('memory'))?.[1];
  return Number(bytes) / 1_048_576;
}

function lineOf({ name, perSecond, cpuMs, peakRssMb, redisMb, statements }: Drain): string {
  const figures = [
    `${Math.round(perSecond)}/s`,
    `${cpuMs.toFixed(2)} CPU-s/1000`,
    `RSS ${Math.round(peakRssMb)} MB`,
    `Redis ${redisMb.toFixed(1)} MB`,
    `${statements.toFixed(3)} statements each`,
  ];
  return `${name}: ${figures.join(', ')}`;
}

/** Everything beside the drain of the second backlog, whose process is warm and whose tables are small. */
function printRatios(drains: readonly Drain[]): void {
  const base = drains[1] ?? drains[0];
  if (!base) return;
  console.log(`\nbeside the ${base.name}: rate, CPU, RSS, statements`);
  for (const each of drains) {
    const ratios = [
      each.perSecond / base.perSecond,
      each.cpuMs / base.cpuMs,
      each.peakRssMb / base.peakRssMb,
      each.statements / base.statements,
    ];
    console.log(`${each.name}: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`);
  }
}
