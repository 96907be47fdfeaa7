import type { FastifyInstance } from 'fastify';
import { activeAlerts } from '../ledger/alert-store.ts';
import { readSummary } from '../ledger/balance.ts';
import { readUnwritten } from '../ledger/unwritten.ts';
import type { AdminContext } from './context.ts';
import { describes } from './openapi.ts';
import { readVersion } from './version.ts';
import { withinTime } from './within-time.ts';

const QUEUE_ANSWER_MS = 3_000;

const STATUS = describes({ summary: 'The balance of all changes, and how everything is' });

/** `GET /v1/status`: the balance, and how everything is. */
export function addStatusRoute(app: FastifyInstance, context: AdminContext): void {
  const version = readVersion();
  app.get('/v1/status', STATUS, async () => {
    const { balance, difference, lagSeconds, entities, agents } = await readSummary(context.database);
    return {
      version,
      agent: {
        id: context.id,
        inFlight: context.deliverer.inFlight(),
        leaseFault: context.leaseFault() ?? null,
      },
      agents,
      database: context.database.engine,
      queueStore: context.queues.store,
      balance,
      balanced: difference === 0,
      difference,
      lagSeconds,
      entities,
      systems: systemsOf(context),
      accounts: accountsOf(context),
      alerts: (await activeAlerts(context.database)).map(({ rule, subject, since }) => ({
        rule,
        subject,
        since,
      })),
      ...(await readUnwritten(context.database)),
      unreadable: Object.fromEntries(context.relay.unreadable()),
      queues: await readQueues(context),
    };
  });
}

/** The circuit of each system, and for how long it has been as it is. */
function systemsOf({ gateway }: AdminContext): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(gateway.circuits()).map(([system, { since, ...circuit }]) => [
      system,
      { ...circuit, forSeconds: Math.max(0, Math.round((performance.now() - since) / 1000)) },
    ]),
  );
}

function accountsOf({ logins }: AdminContext): Record<string, unknown> {
  return Object.fromEntries(
    logins.states().map(({ account, login, message, profile, checkedAt }) => {
      const company = {
        id: logins.companyOf(account),
        name: typeof profile.companyName === 'string' ? profile.companyName : undefined,
      };
      const known = company.id !== undefined || company.name !== undefined;
      const checked = checkedAt.getTime() > 0 ? { checkedAt } : {};
      return [
        account,
        { login, ...(message !== undefined && { message }), ...(known && { company }), ...checked },
      ];
    }),
  );
}

/** A queue store that is down must not hide the rest. */
async function readQueues({ queues }: AdminContext): Promise<Record<string, unknown>> {
  const read = async (queue: (typeof queues.all)[number]): Promise<[string, unknown]> => {
    const {
      waiting = 0,
      active = 0,
      delayed = 0,
      failed = 0,
    } = await queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
    return [queue.name, { waiting, active, delayed, failed, paused: await queue.isPaused() }];
  };
  try {
    return Object.fromEntries(await withinTime(QUEUE_ANSWER_MS, Promise.all(queues.all.map(read))));
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
