// What trouble costs those who have none: the same drain of goods with and without each kind of pressure, in one run.
//
//   npm run bench:pressure                       (--help for the options)
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Agent, startAgent } from '../src/agent.ts';
import { loadAccounts } from '../src/config/accounts.ts';
import { createLogger } from '../src/config/logger.ts';
import { loadPlatformPaths } from '../src/config/paths.ts';
import { loadSettings } from '../src/config/settings.ts';
import { type OutboxEntry, writeOutbox } from '../src/erp/outbox.ts';
import { recordOf } from './load.ts';
import type { StoreName } from './plan.ts';
import type { PressureReport } from './pressure-platform.ts';
import { type Servers, startServers } from './servers.ts';

const HELP = `npm run bench:pressure -- [options]

  --others N         goods of the drain that is measured (3000)
  --poison N         keys that always fail, and changes that wait for a refused account or a system that is down (10000)
  --hot N            changes of the hot key (100000)
  --rounds N         rounds, alternating between the kinds of pressure (3)
  --store NAME       postgres, mariadb or embedded (postgres)
  --only TEXT        only the kinds whose name contains TEXT
  --tiny             shows that everything runs, and measures nothing worth reading
`;

const { values } = parseArgs({
  options: {
    others: { type: 'string' },
    poison: { type: 'string' },
    hot: { type: 'string' },
    rounds: { type: 'string' },
    store: { type: 'string', default: 'postgres' },
    only: { type: 'string', default: '' },
    tiny: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const standard = values.tiny
  ? { others: 100, poison: 50, hot: 300, rounds: 1 }
  : { others: 3_000, poison: 10_000, hot: 100_000, rounds: 3 };
const size = {
  others: Number(values.others ?? standard.others),
  poison: Number(values.poison ?? standard.poison),
  hot: Number(values.hot ?? standard.hot),
  rounds: Number(values.rounds ?? standard.rounds),
};
const WARM_UP = values.tiny ? 10 : 500;

/** One kind of pressure: what is there before the drain begins, when it counts as there, and what comes with it. */
type Pressure = {
  readonly before: readonly OutboxEntry[];
  readonly isThere: (seen: PressureReport) => boolean;
  /** How the changes of the drain are mixed with what presses at the same time. */
  readonly mix?: (others: readonly OutboxEntry[]) => Iterable<OutboxEntry>;
};

const entry = (
  change: { entity: string; key: string; payload: unknown },
  account = 'default',
): OutboxEntry => ({
  op: 'upsert',
  ...change,
  account,
});
const goods = (key: string, stock = 1): OutboxEntry => {
  const { payload, ...rest } = recordOf('goods', 0);
  return entry({ ...rest, key, payload: { ...Object(payload), goodsId: key, stock } });
};
const several = (count: number, make: (index: number) => OutboxEntry): OutboxEntry[] =>
  Array.from({ length: count }, (_, index) => make(index));
const customer = (index: number): OutboxEntry =>
  entry({ entity: 'customer', key: `C-${index}`, payload: { name: `汽修厂${index}`, phone: `139${index}` } });

/** Keys that fail, met among others that do not: nothing but failures would look like a system that is down. */
const poison = several(size.poison, (index) => goods(`POISON-${index}`)).flatMap((each, index) =>
  index % 3 === 0 ? [entry(recordOf('goods', 3_000_000 + index)), each] : [each],
);

const NOTHING: Pressure = { before: [], isThere: () => true };

const KINDS: Readonly<Record<string, Pressure>> = {
  'one record that always fails': {
    before: [goods('POISON-0')],
    isThere: ({ failures }) => failures > 0,
  },
  [`one hot key with ${size.hot} changes`]: {
    before: [],
    isThere: () => true,
    // One by one: a hundred thousand records in the memory of the agent's own process would be what is measured.
    *mix(others) {
      const each = Math.ceil(size.hot / others.length);
      for (const [index, other] of others.entries()) {
        yield* several(each, (change) => goods('HOT', (index * each + change) % 9_973));
        yield other;
      }
    },
  },
  'one account refused': {
    before: several(size.poison, (index) => entry(recordOf('goods', 1_000_000 + index), 'refused')),
    isThere: ({ refusals }) => refusals > 0,
  },
  'one system down': {
    before: several(size.poison, customer),
    isThere: ({ down }) => down >= 5,
  },
  [`${size.poison} keys that always fail`]: {
    before: poison,
    isThere: (seen) => seen.poison >= size.poison,
  },
};

if (values.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  const store = storeOf(values.store);
  const kinds = Object.entries(KINDS).filter(([name]) => name.includes(values.only));
  const servers = await startServers(new Set([store]));
  const platform = fork(fileURLToPath(new URL('pressure-platform.ts', import.meta.url)));
  const measured = new Map<string, Pair[]>(kinds.map(([name]) => [name, []]));
  try {
    const [url] = await once(platform, 'message');
    const drainUnder = (pressure: Pressure): Promise<number> =>
      drain({ servers, store, platform, url: String(url), pressure });
    // The first drain of a process is its slowest, and is not counted.
    await drainUnder(NOTHING);
    for (let round = 0; round < size.rounds; round++) {
      for (const [name, pressure] of kinds) {
        const pair = await drainBoth(drainUnder, pressure, round % 2 === 0);
        const [without, under] = [pair.without.toFixed(0), pair.under.toFixed(0)];
        process.stderr.write(`round ${round + 1}, ${name}: ${under} per s, without ${without}\n`);
        measured.get(name)?.push(pair);
      }
    }
  } finally {
    platform.disconnect();
    await servers.stop();
  }
  report(measured);
}

/** The others' throughput without the pressure and under it, one right after the other: machines change their pace. */
type Pair = { readonly without: number; readonly under: number };

async function drainBoth(
  drainUnder: (pressure: Pressure) => Promise<number>,
  pressure: Pressure,
  isWithoutFirst: boolean,
): Promise<Pair> {
  if (isWithoutFirst) return { without: await drainUnder(NOTHING), under: await drainUnder(pressure) };
  const under = await drainUnder(pressure);
  return { without: await drainUnder(NOTHING), under };
}

function storeOf(name: string): StoreName {
  if (name === 'postgres' || name === 'mariadb' || name === 'embedded') return name;
  throw new Error(`There is no store "${name}".`);
}

function report(measured: ReadonlyMap<string, readonly Pair[]>): void {
  for (const [name, pairs] of measured) {
    const rate = median(pairs.map(({ under }) => under));
    const ratio = median(pairs.map(({ under, without }) => under / without));
    console.log(`${name.padEnd(36)} ${rate.toFixed(0).padStart(6)} per s   ratio ${ratio.toFixed(2)}`);
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;
}

type Drain = {
  readonly servers: Servers;
  readonly store: StoreName;
  readonly platform: ChildProcess;
  readonly url: string;
  readonly pressure: Pressure;
};

/** A fresh agent on a fresh store under one kind of pressure: gives the others' throughput, and fails if one is lost. */
async function drain({ servers, store, platform, url, pressure }: Drain): Promise<number> {
  const opened = await servers.open(store);
  const directory = mkdtempSync(join(tmpdir(), 'ctg-sync-pressure-'));
  const agent = await start(directory, url, opened);
  try {
    await ask(platform, 'forget');
    await commit(
      agent,
      several(WARM_UP, (index) => entry(recordOf('goods', 2_000_000 + index))),
    );
    await seen(platform, ({ others }) => others === WARM_UP);
    await commit(agent, pressure.before);
    await seen(platform, pressure.isThere);
    await ask(platform, 'forget');
    const others = several(size.others, (index) => entry(recordOf('goods', index)));
    const begun = await commit(agent, pressure.mix?.(others) ?? others);
    const { lastAt, repeated } = await seen(platform, (report) => report.others >= size.others);
    if (repeated > 0) throw new Error(`${repeated} goods were sent twice.`);
    return (size.others * 1000) / (lastAt - begun);
  } finally {
    await agent.stop();
    await opened.drop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function start(
  directory: string,
  url: string,
  { databaseUrl, redisUrl }: Awaited<ReturnType<Servers['open']>>,
): Promise<Agent> {
  const accounts = ['default', 'refused'].map((id) => ({
    id,
    username: id,
    password: 'bench',
    sec: 'bench',
  }));
  const file = join(directory, 'accounts.yaml');
  writeFileSync(file, JSON.stringify({ accounts }));
  const env = {
    CTG_BASE_URL: url,
    CTG_ACCOUNTS_FILE: file,
    LOG_LEVEL: 'fatal',
    POLL_CRON: '0 0 0 1 1 *',
    MIRROR_CRON: 'off',
    QUEUE_PREFIX: `pressure-${directory.slice(-6)}`,
    DATA_DIR: 'memory',
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
    ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
  };
  const settings = loadSettings(env);
  return startAgent({
    settings,
    accounts: loadAccounts(settings, env),
    sources: new Map(),
    platform: loadPlatformPaths(undefined),
    logger: createLogger({ level: settings.logLevel }),
  });
}

/** Gives the moment right before the changes became visible. */
async function commit(agent: Agent, entries: Iterable<OutboxEntry>): Promise<number> {
  const begun = await agent.database.transact(async (transaction) => {
    let some: OutboxEntry[] = [];
    for (const each of entries) {
      some.push(each);
      if (some.length < 500) continue;
      await writeOutbox(transaction, some);
      some = [];
    }
    await writeOutbox(transaction, some);
    return performance.timeOrigin + performance.now();
  });
  agent.relay.wake();
  return begun;
}

async function seen(
  platform: ChildProcess,
  isSo: (report: PressureReport) => boolean,
): Promise<PressureReport> {
  for (;;) {
    const report = await ask(platform, 'report');
    if (isSo(report)) return report;
    await pause(20);
  }
}

async function ask(platform: ChildProcess, what: 'forget' | 'report'): Promise<PressureReport> {
  const answered = once(platform, 'message');
  platform.send(what);
  const [report] = await answered;
  return report;
}
