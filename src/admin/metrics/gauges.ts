import { Gauge, type Registry } from 'prom-client';
import { ALERT_RULES } from '../../ledger/alert-store.ts';
import { OPEN_STATES } from '../../ledger/states.ts';
import type { AdminContext } from '../context.ts';
import type { DatabaseFacts, Facts, QueueFacts } from './facts.ts';

/** Shows the state of a scrape's moment. */
export type Gauges = { show(context: AdminContext, facts: Facts): void };

const CIRCUIT_STATES = ['closed', 'half-open', 'open'] as const;
const LOGIN_STATES = ['accepted', 'refused', 'unknown'] as const;
const OUTBOX_STATE = 'waitingInOutbox';

/** Declares what is read for each scrape. What did not answer has no value then, rather than an old one. */
export function createGauges(registry: Registry, version: string): Gauges {
  const declare = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge<Label>({ name: `ctg_sync_${name}`, help, labelNames, registers: [registry] });
  const build = declare('build_info', 'Always 1; what is running', ['version', 'node', 'agent']);
  const own = {
    up: declare('up', '1: this part answered in time; 0: it did not', ['part']),
    circuits: declare('circuit_state', '1 for the state that a circuit is in, else 0', ['system', 'state']),
    logins: declare('account_login', '1 for the state that a log-in is in, else 0', ['account', 'state']),
    inFlight: declare('deliveries_in_flight', 'Deliveries that this agent has in its hands'),
    idle: declare('relay_idle_seconds', 'Time since the relay last looked at the outbox without an error'),
    lease: declare(
      'lease_held',
      '1 while this agent may send; 0: it could not tell the database that it lives',
    ),
    unreadable: declare('source_unreadable', '1 for an entity whose source map cannot be read', ['entity']),
  };
  const ledger = {
    balance: declare('balance_changes', 'Every change ever captured, by where it is', ['part']),
    difference: declare('balance_difference_changes', 'Captured changes that are unaccounted for: must be 0'),
    lag: declare('lag_seconds', 'Age of the oldest change that is on its way; 0: there is none'),
    open: declare('open_changes', 'Changes that are owed, by entity and state', ['entity', 'state']),
    closed: declare('closed_changes', 'Changes that are settled, by entity and state', ['entity', 'state']),
    outbox: declare('outbox_rows', 'Changes that the relay has not taken over yet', ['entity']),
    agents: declare('agents', 'Agents that live'),
    due: declare('watches_due', 'Watches that are due and not asked yet', ['poll']),
    alerts: declare('alerts', 'Alerts that are on, by rule', ['rule']),
  };
  const jobs = declare('queue_jobs', 'Jobs by queue and state', ['queue', 'state']);
  return {
    show: (context, facts) => {
      build.set({ version, node: process.version, agent: context.id }, 1);
      showOwn(own, context, facts);
      showLedger(ledger, facts.database);
      showQueues(jobs, facts.queues);
    },
  };
}

type Own = Record<'up' | 'circuits' | 'logins' | 'inFlight' | 'idle' | 'lease' | 'unreadable', Gauge>;

function showOwn(own: Own, context: AdminContext, facts: Facts): void {
  own.up.set({ part: 'database' }, facts.database ? 1 : 0);
  own.up.set({ part: 'queue_store' }, facts.queues ? 1 : 0);
  for (const [system, { state }] of Object.entries(context.gateway.circuits()))
    for (const each of CIRCUIT_STATES) own.circuits.set({ system, state: each }, each === state ? 1 : 0);
  own.logins.reset();
  for (const { account, login } of context.logins.states())
    for (const each of LOGIN_STATES) own.logins.set({ account, state: each }, each === login ? 1 : 0);
  own.inFlight.set(context.deliverer.inFlight());
  own.idle.set((performance.now() - context.relay.lastProgress()) / 1000);
  own.lease.set(context.leaseFault() === undefined ? 1 : 0);
  own.unreadable.reset();
  for (const entity of context.relay.unreadable().keys()) own.unreadable.set({ entity }, 1);
}

type Ledger = Record<
  'balance' | 'difference' | 'lag' | 'open' | 'closed' | 'outbox' | 'agents' | 'due' | 'alerts',
  Gauge
>;

function showLedger(ledger: Ledger, facts: DatabaseFacts | undefined): void {
  for (const gauge of Object.values(ledger)) gauge.reset();
  // A gauge without labels goes back to 0, which would be a claim.
  for (const gauge of [ledger.difference, ledger.lag, ledger.agents]) gauge.remove();
  if (!facts) return;
  const { summary, due, alerts } = facts;
  for (const [part, value] of Object.entries(summary.balance)) ledger.balance.set({ part }, value);
  ledger.difference.set(summary.difference);
  ledger.lag.set(summary.lagSeconds);
  ledger.agents.set(summary.agents.length);
  for (const [entity, counts] of Object.entries(summary.entities)) showEntity(ledger, entity, counts);
  for (const [poll, value] of Object.entries(due)) ledger.due.set({ poll }, value);
  for (const rule of ALERT_RULES) ledger.alerts.set({ rule }, alerts[rule] ?? 0);
}

function showEntity(ledger: Ledger, entity: string, counts: Readonly<Record<string, number>>): void {
  ledger.outbox.set({ entity }, counts[OUTBOX_STATE] ?? 0);
  for (const state of OPEN_STATES) ledger.open.set({ entity, state }, counts[state] ?? 0);
  for (const [state, value] of Object.entries(counts)) {
    const isOpen = state === OUTBOX_STATE || OPEN_STATES.some((open) => open === state);
    if (!isOpen) ledger.closed.set({ entity, state }, value);
  }
}

function showQueues(jobs: Gauge, queues: QueueFacts | undefined): void {
  jobs.reset();
  for (const [queue, counts] of Object.entries(queues ?? {}))
    for (const [state, value] of Object.entries(counts)) jobs.set({ queue, state }, value);
}
