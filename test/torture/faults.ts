import { setTimeout as pause } from 'node:timers/promises';
import type { Fault as PlatformFault } from '../../src/sandbox/sandbox.ts';
import { withRedis } from '../support/services/redis.ts';
import { cutSessions, fightForLocks, freezeCommits, lockLedger, refuseWrites } from './database-faults.ts';
import type { Actor, Stage } from './stage.ts';

/** Trouble of one kind. It begins when it is called, and has ended, and been mended, when it resolves. */
export type Fault = {
  readonly name: string;
  readonly needs: 'nothing' | 'redis' | 'server' | 'several agents';
  /** While it lasts, an agent that it hits cannot work, and `/readyz` must say so. */
  readonly blinds?: true;
  /** What lies behind the cables is away as a whole: sends must not be counted against the changes. */
  readonly outage?: true;
  /** A server that it ends and starts: a round does that to each once at most. */
  readonly restarts?: 'redis' | 'server';
  readonly make: (stage: Stage, actor: Actor, lastsMs: number) => Promise<void>;
};

const ANSWERS: readonly PlatformFault[] = [
  { kind: 'status', code: 503, rate: 0.3 },
  { kind: 'status', code: 503, rate: 0.3, retryAfter: 1 },
  { kind: 'status', code: 429, rate: 0.3, retryAfter: 1 },
  { kind: 'status', code: 500, rate: 0.3, effect: true },
  { kind: 'busy', rate: 0.3 },
  { kind: 'drop-before', rate: 0.3 },
  { kind: 'drop-after', rate: 0.3 },
  { kind: 'hang', ms: 3_000, rate: 0.1 },
  { kind: 'hang-after', ms: 3_000, rate: 0.1 },
  { kind: 'truncated', rate: 0.3 },
  { kind: 'garbage', rate: 0.3 },
  { kind: 'no-status', rate: 0.3 },
  { kind: 'wrong-sec', rate: 0.3 },
  { kind: 'string-status', rate: 0.5 },
  { kind: 'indexed-data', rate: 0.5 },
  { kind: 'partial', lines: 1, rate: 0.5 },
  { kind: 'latency', ms: 400, rate: 0.5 },
];

function answerName(fault: PlatformFault): string {
  const code = fault.kind === 'status' ? ` ${fault.code}` : '';
  const after = fault.kind === 'status' && fault.retryAfter !== undefined ? ' with Retry-After' : '';
  return `platform: ${fault.kind}${code}${after}`;
}

const platformFaults: readonly Fault[] = ANSWERS.map((fault) => ({
  name: answerName(fault),
  needs: 'nothing',
  make: async ({ sandbox }, _actor, lastsMs) => {
    sandbox.setFaults([...sandbox.faults(), fault]);
    await pause(lastsMs);
  },
}));

const outages: readonly Fault[] = [
  {
    name: 'platform: away, refuses connections',
    needs: 'nothing',
    outage: true,
    make: (stage, _actor, lastsMs) => forEachCable(stage.actors, 'platform', 'cut', lastsMs),
  },
  {
    name: 'platform: away, 503 to everything',
    needs: 'nothing',
    outage: true,
    make: async ({ sandbox }, _actor, lastsMs) => {
      sandbox.setFaults([{ kind: 'status', code: 503 }]);
      await pause(lastsMs);
    },
  },
  {
    name: 'platform: away, swallows everything',
    needs: 'nothing',
    outage: true,
    make: (stage, _actor, lastsMs) => forEachCable(stage.actors, 'platform', 'swallow', lastsMs),
  },
];

const agentFaults: readonly Fault[] = [
  { name: 'agent: kill -9', needs: 'nothing', make: async (_stage, { agent }) => agent.kill() },
  {
    name: 'agent: kill -9, four times in a row',
    needs: 'nothing',
    make: async (_stage, { agent }, lastsMs) => {
      for (let turn = 0; turn < 4; turn++) {
        agent.kill();
        await pause(lastsMs / 4);
      }
    },
  },
  {
    name: 'agent: SIGTERM in the middle',
    needs: 'nothing',
    make: async (_stage, { agent }) => agent.terminate(),
  },
  {
    name: 'agent: frozen, then thawed',
    needs: 'several agents',
    make: async (_stage, { agent }, lastsMs) => {
      agent.freeze();
      await pause(lastsMs);
      agent.thaw();
    },
  },
  {
    name: 'agent: frozen until another may take over, then thawed',
    needs: 'several agents',
    make: async (_stage, { agent }) => {
      agent.freeze();
      await pause(12_000);
      agent.thaw();
    },
  },
];

const networkFaults: readonly Fault[] = [
  {
    name: 'network: agent and platform parted',
    needs: 'nothing',
    make: (_stage, actor, lastsMs) => forEachCable([actor], 'platform', 'cut', lastsMs),
  },
  {
    name: 'network: agent and database parted',
    needs: 'server',
    blinds: true,
    make: (_stage, actor, lastsMs) => forEachCable([actor], 'database', 'cut', lastsMs),
  },
  {
    name: 'network: swallows what agent and database say',
    needs: 'server',
    blinds: true,
    make: (_stage, actor, lastsMs) => forEachCable([actor], 'database', 'swallow', lastsMs + 6_000),
  },
  {
    name: 'network: agent and Redis parted',
    needs: 'redis',
    blinds: true,
    make: (_stage, actor, lastsMs) => forEachCable([actor], 'redis', 'cut', lastsMs),
  },
  {
    name: 'network: swallows what agent and Redis say',
    needs: 'redis',
    blinds: true,
    make: (_stage, actor, lastsMs) => forEachCable([actor], 'redis', 'swallow', lastsMs),
  },
];

const redisFaults: readonly Fault[] = [
  {
    name: 'Redis: killed, comes back empty',
    needs: 'redis',
    restarts: 'redis',
    make: async ({ redis }, _actor, lastsMs) => {
      await redis?.kill9();
      await pause(lastsMs);
      await redis?.restart();
    },
  },
  { name: 'Redis: FLUSHALL', needs: 'redis', make: (stage) => ask(stage, ['FLUSHALL']) },
  {
    name: 'Redis: paused',
    needs: 'redis',
    make: async (stage, _actor, lastsMs) => {
      await ask(stage, ['CLIENT', 'PAUSE', String(lastsMs)]);
      await pause(lastsMs);
    },
  },
  {
    name: 'Redis: out of memory',
    needs: 'redis',
    make: async (stage, _actor, lastsMs) => {
      await ask(stage, ['CONFIG', 'SET', 'maxmemory', '1']);
      await pause(lastsMs);
      await ask(stage, ['CONFIG', 'SET', 'maxmemory', '0']);
    },
  },
  {
    name: 'Redis: connections killed',
    needs: 'redis',
    make: (stage) => ask(stage, ['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']),
  },
];

const databaseFaults: readonly Fault[] = [
  { name: 'database: sessions ended', needs: 'server', make: ({ server }) => cutSessions(server) },
  {
    name: 'database: restarted',
    needs: 'server',
    restarts: 'server',
    make: async ({ server }) => server?.restart(),
  },
  {
    name: 'database: killed, comes back',
    needs: 'server',
    restarts: 'server',
    make: async ({ server }, _actor, lastsMs) => {
      await server?.kill9();
      await pause(lastsMs);
      await server?.restart();
    },
  },
  {
    name: 'database: deadlocks',
    needs: 'server',
    make: ({ server }, _actor, lastsMs) => fightForLocks(server, lastsMs),
  },
  {
    name: 'database: ledger locked',
    needs: 'server',
    make: ({ server }, _actor, lastsMs) => lockLedger(server, lastsMs),
  },
  {
    name: 'database: read-only',
    needs: 'server',
    make: ({ server }, _actor, lastsMs) => refuseWrites(server, lastsMs),
  },
  {
    name: 'database: commits stand still',
    needs: 'server',
    make: ({ server }, _actor, lastsMs) => freezeCommits(server, lastsMs),
  },
];

/** Every kind of trouble that can be made. */
const FAULTS: readonly Fault[] = [
  ...platformFaults,
  ...outages,
  ...agentFaults,
  ...networkFaults,
  ...redisFaults,
  ...databaseFaults,
];

/** Those that can be made here. */
export function faultsOn({ redis, server, actors }: Stage): Fault[] {
  const has = {
    nothing: true,
    redis: redis !== undefined,
    server: server !== undefined,
    'several agents': actors.length > 1,
  };
  return FAULTS.filter(({ needs }) => has[needs]);
}

async function forEachCable(
  actors: readonly Actor[],
  part: keyof Actor['cables'],
  how: 'cut' | 'swallow',
  lastsMs: number,
): Promise<void> {
  for (const { cables } of actors) cables[part]?.[how]();
  await pause(lastsMs);
  for (const { cables } of actors) cables[part]?.mend();
}

async function ask({ redis }: Stage, [command = '', ...words]: readonly string[]): Promise<void> {
  if (redis) await withRedis(redis.port, (client) => client.call(command, ...words));
}
