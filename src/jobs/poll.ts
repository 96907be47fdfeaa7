import type { Logger } from 'pino';
import type { Accounts } from '../config/accounts.ts';
import type { Database } from '../erp/database.ts';
import { claimDueWatches, type DueWatch, readWatch, writePollResult } from '../ledger/watches.ts';
import type { WritesBack } from '../ledger/write-backs.ts';
import type { MapperOptions, PlatformInterface } from '../mappers/interface.ts';
import { INTERFACES, interfaceNamed } from '../mappers/registry.ts';
import type { Gateway } from '../platform/gateway.ts';
import type { Logins } from './logins.ts';
import type { Observer } from './observer.ts';
import type { JobResult } from './queues.ts';

/** What polling works with. */
export type PollContext = {
  readonly database: Database;
  readonly gateway: Gateway;
  readonly accounts: Accounts;
  readonly logins: Logins;
  readonly logger: Logger;
  readonly mapperOptions: MapperOptions;
  readonly writesBack: WritesBack;
  /** Polls per second per system, at most. */
  readonly pollRateLimit: number;
  readonly enqueue: (watches: readonly DueWatch[]) => Promise<void>;
  readonly observer?: Pick<Observer, 'polled'>;
};

/** Whose source map says how a status is shown in the ERP's own table. */
const WRITTEN_BACK = { order: 'order', logistics: 'shipment', return: 'return_request' } as const;

/** How long a taken watch is left to its poller before another may take it. */
const POLL_LEASE_MS = 60_000;

/**
 * Takes the due watches and queues a poll for each, as many per system as its budget allows for the time since the last
 * tick; the others stay due. Any number of agents may do it at once.
 */
export async function pollDue(context: PollContext, secondsSinceLast: number): Promise<number> {
  const budget = Math.max(1, Math.floor(context.pollRateLimit * secondsSinceLast));
  let count = 0;
  for (const polls of pollsBySystem()) {
    let left = budget;
    // One statement for each interface: so each reads its own part of the index, and nothing else.
    for (const poll of polls) {
      if (left <= 0) break;
      const due = await claimDueWatches(context.database, { poll, limit: left, leaseMs: POLL_LEASE_MS });
      await context.enqueue(due);
      left -= due.length;
      count += due.length;
    }
  }
  return count;
}

function pollsBySystem(): string[][] {
  const polled = INTERFACES.filter((each) => each.poll);
  return [...Map.groupBy(polled, (each) => each.system).values()].map((group) =>
    group.map((each) => each.name),
  );
}

/** Asks the platform for one watch's status, and writes what it says. */
export async function pollWatch(context: PollContext, id: number): Promise<JobResult> {
  const watch = await readWatch(context.database, id);
  const endpoint = watch && interfaceNamed(watch.poll);
  if (!watch || !endpoint?.poll) return { kind: 'done', summary: 'is watched no more' };
  const account = context.accounts.get(watch.account);
  if (!account || context.logins.refusal(watch.account) !== undefined)
    return putOff(context, watch, endpoint);
  const body = endpoint.poll.request(JSON.parse(watch.reference), context.mapperOptions);
  const { outcome, durationMs } = await context.gateway.send({ endpoint, account, body });
  if (outcome.kind === 'login-refused') await context.logins.refuse(watch.account, outcome.message);
  const found = outcome.kind === 'accepted' ? endpoint.poll.read({ ...outcome.reply }) : undefined;
  const nextInMs = nextPollMs({ ageMs: watch.ageMs, failed: found === undefined });
  const entity = WRITTEN_BACK[endpoint.poll.shows];
  const { changed } = await writePollResult(context.database, {
    watch,
    shows: endpoint.poll.shows,
    found,
    nextInMs,
    writtenBackTo: context.writesBack(entity, 'status') ? entity : undefined,
  });
  context.observer?.polled({ poll: endpoint.name, outcome: outcome.kind, changed });
  const facts = {
    watch: id,
    account: watch.account,
    interface: endpoint.name,
    key: watch.key,
    outcome: outcome.kind,
    status: found?.status,
    changed,
    ms: Math.round(durationMs),
  };
  // Most polls find nothing new, and there are many of them.
  if (changed) context.logger.info(facts, 'poll');
  else context.logger.debug(facts, 'poll');
  return { kind: 'done', summary: found ? `status ${found.status}` : outcome.kind };
}

async function putOff(
  context: PollContext,
  watch: DueWatch,
  endpoint: PlatformInterface,
): Promise<JobResult> {
  const shows = endpoint.poll?.shows ?? 'order';
  await writePollResult(context.database, { watch, shows, found: undefined, nextInMs: 30_000 });
  return { kind: 'done', summary: 'the account cannot log in' };
}

const SHORTEST_POLL_MS = 3_000;
const LONGEST_POLL_MS = 3_600_000;

/**
 * When to ask again: what is new or has just moved is asked every few seconds, what has stood still for long every hour
 * at the most. The pause is a tenth of the time since the last change.
 */
function nextPollMs({ ageMs, failed }: { readonly ageMs: number; readonly failed: boolean }): number {
  const pause = Math.min(LONGEST_POLL_MS, Math.max(SHORTEST_POLL_MS, ageMs / 10));
  return failed ? Math.max(pause, 10_000) : pause;
}
