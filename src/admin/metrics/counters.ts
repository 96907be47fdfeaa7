import { Counter, Histogram, type Registry } from 'prom-client';
import type { Observer } from '../../jobs/observer.ts';

/** Bounds of the send's duration, in seconds: from a quick answer to past the default time limit. */
const SEND_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30];

/** What is counted while it happens, in this process; the result is what the parts of the agent tell. */
export function createCounters(registry: Registry): Observer {
  const registers = [registry];
  const sends = new Counter({
    name: 'ctg_sync_sends_total',
    help: 'Requests to the platform by interface and outcome, of this agent',
    labelNames: ['interface', 'outcome'],
    registers,
  });
  const duration = new Histogram({
    name: 'ctg_sync_send_duration_seconds',
    help: 'Time of a request to the platform, from the call to the last byte of the reply',
    labelNames: ['interface'],
    buckets: SEND_SECONDS,
    registers,
  });
  const polls = new Counter({
    name: 'ctg_sync_polls_total',
    help: 'Status polls by poll and outcome, of this agent; changed: the status is another one now',
    labelNames: ['poll', 'outcome', 'changed'],
    registers,
  });
  const batches = new Counter({
    name: 'ctg_sync_relay_batches_total',
    help: 'Transactions in which this agent moved changes from the outbox into the ledger',
    registers,
  });
  const relayed = new Counter({
    name: 'ctg_sync_relayed_changes_total',
    help: 'Changes that this agent moved from the outbox into the ledger',
    registers,
  });
  const notices = new Counter({
    name: 'ctg_sync_alert_notices_total',
    help: 'Notices of alerts that this agent gave to the webhook, by result',
    labelNames: ['result'],
    registers,
  });
  return {
    sent: (send) => {
      sends.inc({ interface: send.interface, outcome: send.outcome });
      duration.observe({ interface: send.interface }, send.durationMs / 1000);
    },
    polled: ({ poll, outcome, changed }) => polls.inc({ poll, outcome, changed: String(changed) }),
    relayed: (changes) => {
      batches.inc();
      relayed.inc(changes);
    },
    notified: (result) => notices.inc({ result }),
  };
}
