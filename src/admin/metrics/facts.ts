import { activeAlerts } from '../../ledger/alert-store.ts';
import { type LedgerSummary, readSummary } from '../../ledger/balance.ts';
import { countDueWatches } from '../../ledger/watches.ts';
import { INTERFACES } from '../../mappers/registry.ts';
import type { AdminContext } from '../context.ts';
import { withinTime } from '../within-time.ts';
import { remembered } from './remembered.ts';

/** What the database says. */
export type DatabaseFacts = {
  readonly summary: LedgerSummary;
  /** Watches that are due, by poll. */
  readonly due: Readonly<Record<string, number>>;
  /** Alerts that are on, by rule. */
  readonly alerts: Readonly<Record<string, number>>;
};

/** Jobs by queue and state. */
export type QueueFacts = Readonly<Record<string, Readonly<Record<QueueState, number>>>>;
export type QueueState = (typeof QUEUE_STATES)[number];

/** What was found out for one scrape; undefined is what did not answer in time. */
export type Facts = {
  readonly database: DatabaseFacts | undefined;
  readonly queues: QueueFacts | undefined;
};

const QUEUE_STATES = ['waiting', 'active', 'delayed', 'failed'] as const;

/** Within the ten seconds that Prometheus waits by default, whatever does not answer. */
const ANSWER_MS = 3_000;
const KEEP_MS = 5_000;

/**
 * Builds the reader of what a scrape shows beside the counters. Of the database it asks what `GET /v1/status` asks, at
 * most every few seconds: the closed deliveries are counted already (`ctg_tally`), only open ones are gone through.
 */
export function createFactsReader(context: AdminContext): () => Promise<Facts> {
  const database = remembered(() => readDatabase(context), KEEP_MS);
  const queues = remembered(() => readQueues(context), KEEP_MS);
  return async () => {
    const [known, depths] = await Promise.all([inTime(database()), inTime(queues())]);
    return { database: known, queues: depths };
  };
}

async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  return withinTime(ANSWER_MS, work).catch(() => undefined);
}

async function readDatabase({ database }: AdminContext): Promise<DatabaseFacts> {
  const polls = INTERFACES.flatMap(({ name, poll }) => (poll ? [name] : []));
  const [summary, due, alerts] = await Promise.all([
    readSummary(database),
    countDueWatches(database, polls),
    activeAlerts(database),
  ]);
  const rules = Object.entries(Object.groupBy(alerts, ({ rule }) => rule));
  return { summary, due, alerts: Object.fromEntries(rules.map(([rule, on = []]) => [rule, on.length])) };
}

async function readQueues({ queues }: AdminContext): Promise<QueueFacts> {
  const depths = queues.all.map(async (queue) => {
    const counts = await queue.getJobCounts(...QUEUE_STATES);
    const { waiting = 0, active = 0, delayed = 0, failed = 0 } = counts;
    return [queue.name, { waiting, active, delayed, failed }] as const;
  });
  return Object.fromEntries(await Promise.all(depths));
}
