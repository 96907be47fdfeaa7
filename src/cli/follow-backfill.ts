import { setTimeout as pause } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import type { AgentClient } from './agent-client.ts';
import { CommandError } from './command-error.ts';
import { shortDuration } from './output.ts';

/** A backfill, as the agent answers it. */
export const backfillSchema = z.looseObject({
  id: z.number(),
  entity: z.string(),
  account: z.string(),
  since: z.string().nullable(),
  force: z.boolean(),
  state: z.enum(['running', 'paused', 'done', 'failed', 'cancelled']),
  reason: z.string().nullable(),
  records: z.number(),
  total: z.number().nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
});

/** A backfill, as the agent answers it. */
export type ShownBackfill = z.infer<typeof backfillSchema>;

/** What the routes of one backfill answer. */
export const oneBackfill = z.looseObject({ backfill: backfillSchema });

const LOOK_MS = 1_000;
/** Without a terminal, a line in so many looks: a log is read later, not watched. */
const LOOKS_A_LINE = 5;
/** The rate is that of the last so many looks. */
const RATE_LOOKS = 30;
/** An agent that restarts is waited for; the backfill goes on with it. */
const PATIENCE_LOOKS = 120;
/** The exit code of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/**
 * Shows how a backfill goes on until it stands still or Ctrl-C; the agent works on either way. Gives it as it was last.
 * Throws when there is no agent for minutes.
 */
export async function followBackfill(agent: AgentClient, id: number, quiet: boolean): Promise<ShownBackfill> {
  const interrupted = new AbortController();
  const onInterrupt = (): void => interrupted.abort();
  process.once('SIGINT', onInterrupt);
  const show = quiet ? undefined : createProgress();
  try {
    for (;;) {
      const backfill = await look(agent, id);
      show?.update(backfill);
      if (backfill.state !== 'running' || interrupted.signal.aborted) {
        if (interrupted.signal.aborted) process.exitCode = INTERRUPTED;
        return backfill;
      }
      await pause(LOOK_MS, undefined, { signal: interrupted.signal }).catch(() => undefined);
    }
  } finally {
    process.removeListener('SIGINT', onInterrupt);
    show?.stop();
  }
}

async function look(agent: AgentClient, id: number): Promise<ShownBackfill> {
  for (let left = PATIENCE_LOOKS; ; left--) {
    try {
      return (await agent.get(`/v1/backfills/${id}`, oneBackfill)).backfill;
    } catch (error) {
      if (left === 0 || !(error instanceof CommandError) || (await agent.isThere())) throw error;
      await pause(LOOK_MS);
    }
  }
}

type Progress = { update(backfill: ShownBackfill): void; stop(): void };

function createProgress(): Progress {
  const rate = createRate();
  const draw = process.stderr.isTTY ? drawBar() : drawLines();
  return {
    update: (backfill) => draw.update(backfill, pace(backfill, rate(backfill.records))),
    stop: draw.stop,
  };
}

type Draw = { update(backfill: ShownBackfill, pace: string): void; stop(): void };

function drawBar(): Draw {
  let bar: SingleBar | undefined;
  return {
    update: ({ records, total }, pace) => {
      const format = total === null ? '{value} records {pace}' : '{bar} {value}/{total} records {pace}';
      bar ??= new SingleBar({ format, stream: process.stderr, clearOnComplete: true });
      if (!bar.isActive) bar.start(total ?? 0, records, { pace });
      bar.setTotal(Math.max(total ?? 0, records));
      bar.update(records, { pace });
    },
    stop: () => bar?.stop(),
  };
}

function drawLines(): Draw {
  let looks = 0;
  return {
    update: (backfill, pace) => {
      if (looks++ % LOOKS_A_LINE === 0) process.stderr.write(`${progressOf(backfill)} ${pace}\n`);
    },
    stop: () => undefined,
  };
}

/** `12000 of 1000000 records of goods` */
export function progressOf({ records, total, entity }: ShownBackfill): string {
  return `${records}${total === null ? '' : ` of ${Math.max(total, records)}`} records of ${entity}`;
}

/** Records per second, of late. */
function createRate(): (records: number) => number {
  const seen: { readonly at: number; readonly records: number }[] = [];
  return (records) => {
    seen.push({ at: performance.now(), records });
    if (seen.length > RATE_LOOKS) seen.shift();
    const [first] = seen;
    const seconds = first ? (performance.now() - first.at) / 1000 : 0;
    return first && seconds > 0.5 ? (records - first.records) / seconds : 0;
  };
}

function pace({ records, total }: ShownBackfill, perSecond: number): string {
  if (perSecond <= 0) return '';
  const left = total === null ? undefined : (total - records) / perSecond;
  const end = left === undefined || left <= 0 ? '' : `, about ${shortDuration(left)} left`;
  return `(${Math.round(perSecond)}/s${end})`;
}
