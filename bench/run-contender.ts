// One contender in a process of its own, so that its processor time and its memory are its own.
import { once } from 'node:events';
import type { OpenContender, Stage } from './contender.ts';
import { openBare } from './contenders/bare.ts';
import { openOurs } from './contenders/ours.ts';
import { openRaw } from './contenders/raw.ts';
import { startCounting } from './counting.ts';

/** What a process is asked to do. */
export type Task = {
  readonly contender: string;
  readonly stage: Stage;
  readonly warmUp: number;
  readonly deliveries: number;
  /** Single changes to an idle contender, after the drain. */
  readonly singles: number;
};

/** What it measured. Times are of the machine's monotonic clock, in milliseconds. */
export type Measured = {
  readonly drainMs: number;
  readonly cpuMs: number;
  readonly peakRssMb: number;
  readonly statements: number;
  readonly roundTrips: number;
  /** By the record's number: when it was handed over. */
  readonly handedOver: Readonly<Record<number, number>>;
};

async function opener(name: string): Promise<OpenContender> {
  switch (name) {
    case 'raw':
      return openRaw;
    case 'bare':
      return openBare;
    case 'ours':
      return openOurs;
    default: {
      const peers = await import('./contenders/peers.mjs');
      return name === 'pg-boss' ? peers.openPgBoss : peers.openGraphile;
    }
  }
}

async function received(count: number): Promise<void> {
  const reached = once(process, 'message');
  process.send?.({ kind: 'await', count });
  await reached;
}

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

async function measure(task: Task): Promise<Measured> {
  const { stage, warmUp, deliveries, singles } = task;
  const ports = [stage.databaseUrl, stage.redisUrl].flatMap((url) =>
    url ? [Number(new URL(url).port)] : [],
  );
  const asked = startCounting(new Set(ports));
  const contender = await (await opener(task.contender))(stage, received);
  await (await contender.backlog(0, warmUp))();
  const drain = await contender.backlog(warmUp, warmUp + deliveries);
  const [before, cpuBefore, startedAt] = [asked(), process.cpuUsage(), nowMs()];
  await drain();
  const drainMs = nowMs() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  const after = asked();
  const handedOver: Record<number, number> = {};
  for (let done = 0; done < singles; done += 1) {
    const index = warmUp + deliveries + done;
    await new Promise((resolve) => setTimeout(resolve, 10 + 20 * Math.random()));
    handedOver[index] = nowMs();
    await contender.single?.(index);
  }
  if (singles > 0) await received(warmUp + deliveries + singles);
  await contender.close();
  return {
    drainMs,
    cpuMs: (cpu.user + cpu.system) / 1000,
    peakRssMb: process.resourceUsage().maxRSS / 1024,
    statements: after.statements - before.statements,
    roundTrips: after.roundTrips - before.roundTrips,
    handedOver,
  };
}

process.once('message', (task: Task) => {
  measure(task).then(
    (measured) => process.send?.({ kind: 'measured', measured }, () => process.exit(0)),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(1));
