import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { AlertSettings } from '../../config/monitoring.ts';
import type { Database } from '../../erp/database.ts';
import {
  type Alert,
  type AlertChange,
  type AlertClaim,
  markNotified,
  readAlerts,
  releaseAlertClaim,
  underAlertClaim,
  writeAlerts,
} from '../../ledger/alert-store.ts';
import { readSummary } from '../../ledger/balance.ts';
import { backoffMs } from '../../platform/backoff.ts';
import type { Gateway } from '../../platform/gateway.ts';
import type { Logins } from '../logins.ts';
import type { Observer } from '../observer.ts';
import type { Queues } from '../queues.ts';
import type { RelayLoop } from '../relay-loop.ts';
import { applyChanges, decideAlerts, dueNotices } from './decide.ts';
import { createRecent } from './recent.ts';
import { type AlertFacts, judgeAlerts } from './rules.ts';
import { postNotice } from './webhook.ts';
import { wordsOf } from './words.ts';

/** What looking after the alerts works with. */
export type AlertContext = {
  readonly agentId: string;
  readonly database: Database;
  readonly gateway: Pick<Gateway, 'circuits'>;
  readonly logins: Pick<Logins, 'states'>;
  readonly relay: Pick<RelayLoop, 'lastProgress'>;
  readonly queues: Pick<Queues, 'ping'>;
  readonly observer: Pick<Observer, 'notified'>;
  readonly logger: Logger;
  readonly settings: AlertSettings;
};

/** An agent that does not come back for so long is taken over; longer than a look and a notice together. */
const SHORTEST_CLAIM_MS = 60_000;
const PING_MS = 3_000;
const NOTICE_CAP_MS = 10 * 60_000;

/**
 * Looks after the alerts in turns of `intervalMs`, of any number of agents one: the one with the claim keeps it. It uses no queue, so
 * that it works when the queues do not, and nothing waits for it. The result ends it after the turn under way.
 */
export function watchAlerts(context: AlertContext): () => Promise<void> {
  const { settings, logger } = context;
  const look = createLook(context);
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look.once().catch((error: unknown) => {
        logger.warn(
          { error: error instanceof Error ? error.message : String(error) },
          'alerts were not checked',
        );
      });
      await pause(settings.intervalMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return async () => {
    stopping.abort();
    await running;
    await look.release();
  };
}

function createLook(context: AlertContext): { once(): Promise<void>; release(): Promise<void> } {
  const { database, settings } = context;
  const claimMs = Math.max(SHORTEST_CLAIM_MS, settings.intervalMs * 3);
  const recent = createRecent();
  const tell = createTeller(context);
  let claim: AlertClaim | undefined;
  return {
    once: async () => {
      const facts = await readFacts(context, recent);
      const findings = judgeAlerts(facts, settings);
      const turn = await underAlertClaim(database, claim, claimMs, async (executor, nowMs) => {
        const known = await readAlerts(executor);
        const changes = decideAlerts(known, findings, { nowMs, settleMs: settings.settleMs });
        await writeAlerts(executor, database.dialect, changes);
        return { known, changes, alerts: applyChanges(known, changes), nowMs };
      });
      // Only now: a transaction that failed and ran again must find the claim as it was.
      claim = turn?.claim;
      if (!turn) return;
      const { known, changes, alerts, nowMs } = turn.result;
      logChanges(context.logger, known, changes);
      await tell(dueNotices(alerts, nowMs, settings.repeatMs));
    },
    release: async () => {
      if (claim) await releaseAlertClaim(database, claim);
    },
  };
}

async function readFacts(
  context: AlertContext,
  recent: ReturnType<typeof createRecent>,
): Promise<AlertFacts> {
  const [summary, queueStoreAnswers] = await Promise.all([readSummary(context.database), answers(context)]);
  const circuits = Object.entries(context.gateway.circuits()).map(([system, { state }]) => [system, state]);
  return {
    summary,
    circuits: Object.fromEntries(circuits),
    logins: context.logins.states(),
    ...recent.look(summary.balance, performance.now()),
    relayIdleSeconds: (performance.now() - context.relay.lastProgress()) / 1000,
    queueStoreAnswers,
  };
}

async function answers({ queues }: AlertContext): Promise<boolean> {
  const limit = new AbortController();
  const ping = queues.ping().then(
    () => true,
    () => false,
  );
  const late = pause(PING_MS, false, { signal: limit.signal }).catch(() => false);
  return Promise.race([ping, late]).finally(() => limit.abort());
}

/** One line for each alert that begins or ends, whether there is a webhook or not. */
function logChanges(logger: Logger, known: readonly Alert[], changes: readonly AlertChange[]): void {
  for (const { kind, alert } of changes) {
    const before = known.find(({ rule, subject }) => rule === alert.rule && subject === alert.subject);
    if (kind === 'forget' || alert.state === 'pending' || before?.state === alert.state) continue;
    const { rule, subject, state, value, detail, since } = alert;
    const { wrong, todo } = wordsOf(alert);
    const facts = { rule, subject, state, value, detail, since, message: wrong, todo };
    if (state === 'firing') logger.error(facts, 'alert');
    else logger.info(facts, 'alert');
  }
}

/**
 * Tells the webhook, all that is due in one notice. One that does not take it is asked again at a growing distance,
 * and told then what is due then. A notice that was taken just before a crash is given once more: better twice than not.
 */
function createTeller(context: AlertContext): (due: readonly Alert[]) => Promise<void> {
  const { settings, logger, agentId, observer } = context;
  let failures = 0;
  let notBefore = 0;
  return async (due) => {
    if (due.length === 0 || performance.now() < notBefore) return;
    if (settings.webhook) {
      const { publicUrl } = settings;
      const result = await postNotice(settings.webhook, { alerts: due, agent: agentId, publicUrl });
      observer.notified(result.ok ? 'delivered' : 'failed');
      if (!result.ok) {
        failures += 1;
        const waitMs = backoffMs({
          attempt: failures,
          baseMs: settings.intervalMs,
          capMs: NOTICE_CAP_MS,
          random: Math.random,
        });
        notBefore = performance.now() + waitMs;
        const facts = { reason: result.reason, alerts: due.length, retryInMs: Math.round(waitMs) };
        logger.warn(facts, 'the alert webhook did not take the notice');
        return;
      }
      failures = 0;
    }
    await forgetTold(context.database, due);
  };
}

async function forgetTold(database: Database, told: readonly Alert[]): Promise<void> {
  await database.transact(async (transaction) => {
    for (const alert of told) await markNotified(transaction, database.dialect, alert);
  });
}
