import { type RawBuilder, sql } from 'kysely';
import type { Database, Dialect, Executor } from '../erp/database.ts';
import { outboxBacklog } from '../erp/outbox.ts';
import { livingAgents } from './agents.ts';
import { readSnapshot } from './snapshot.ts';
import { OPEN_STATES } from './states.ts';

/**
 * Where every change is that was ever captured. At all times
 * `captured = accepted + rejected + superseded + unchanged + dropped + open + inDoubt`.
 */
export type Balance = {
  readonly captured: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly superseded: number;
  readonly unchanged: number;
  readonly dropped: number;
  /** Owed: in the outbox, waiting, queued, blocked or held. */
  readonly open: number;
  /** Sent, with an effect that is not known yet. */
  readonly inDoubt: number;
};

/** Counts of one entity by state; `waitingInOutbox` are changes that the relay has not taken over yet. */
export type EntityCounts = Readonly<Record<string, number>>;

/** An agent that lives. */
export type LivingAgent = {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly seenSecondsAgo: number;
};

/** What the ledger says of itself at one moment. */
export type LedgerSummary = {
  readonly balance: Balance;
  /** `captured` less all that became of it: 0 unless something is wrong. */
  readonly difference: number;
  /** Age of the oldest change that is on its way, in seconds; 0 when there is none. */
  readonly lagSeconds: number;
  readonly entities: Readonly<Record<string, EntityCounts>>;
  readonly agents: readonly LivingAgent[];
};

type Count = { readonly entity: string; readonly name: string; readonly value: number };

/**
 * Reads the balance. All counts come from one snapshot of the database: read one after another, a change that moves
 * from the outbox to the ledger between two of them would be missing, or there twice.
 */
export async function readSummary(database: Database): Promise<LedgerSummary> {
  const { dialect } = database;
  return readSnapshot(database, async (snapshot) => {
    const closed = await readTally(snapshot);
    const open = await countOpen(snapshot);
    const backlog = await outboxBacklog(snapshot, dialect);
    const outbox = backlog.entities.map(({ entity, waiting }) => ({
      entity,
      name: 'waitingInOutbox',
      value: waiting,
    }));
    const lagSeconds = Math.max(backlog.lagSeconds, await deliveryLag(snapshot, dialect));
    const agents = await readAgents(snapshot, dialect);
    return { ...weigh(closed, open, outbox), lagSeconds, agents };
  });
}

/** Pure: the balance of what was counted. */
function weigh(
  closed: readonly Count[],
  open: readonly Count[],
  outbox: readonly Count[],
): Pick<LedgerSummary, 'balance' | 'difference' | 'entities'> {
  const waiting = sum(outbox);
  const inDoubt = sum(open.filter(({ name }) => name === 'in_doubt'));
  const total = (counter: string): number => sum(closed.filter(({ name }) => name === counter));
  const balance = {
    captured: total('captured') + waiting,
    accepted: total('accepted'),
    rejected: total('rejected'),
    superseded: total('superseded'),
    unchanged: total('unchanged'),
    dropped: total('dropped'),
    open: sum(open) - inDoubt + waiting,
    inDoubt,
  };
  const { captured, ...rest } = balance;
  const difference = captured - Object.values(rest).reduce((left, right) => left + right, 0);
  const ended = closed.filter(({ name }) => name !== 'captured');
  return { balance, difference, entities: byEntity([...ended, ...open, ...outbox]) };
}

function sum(counts: readonly Count[]): number {
  return counts.reduce((total, { value }) => total + value, 0);
}

function byEntity(counts: readonly Count[]): Record<string, EntityCounts> {
  const entities: Record<string, Record<string, number>> = {};
  for (const { entity, name, value } of counts) {
    const of = entities[entity] ?? {};
    entities[entity] = of;
    if (value !== 0) of[name] = (of[name] ?? 0) + value;
  }
  return Object.fromEntries(Object.entries(entities).sort(([one], [other]) => (one < other ? -1 : 1)));
}

async function readTally(executor: Executor): Promise<Count[]> {
  const rows = await executor
    .selectFrom('ctg_tally')
    .select(['entity', 'counter', (builder) => builder.fn.sum('value').as('value')])
    .groupBy(['entity', 'counter'])
    .execute();
  return rows.map((row) => ({ entity: row.entity, name: row.counter, value: Number(row.value) }));
}

async function countOpen(executor: Executor): Promise<Count[]> {
  const rows = await executor
    .selectFrom('ctg_delivery')
    .select(['entity', 'state', (builder) => builder.fn.countAll().as('value')])
    .where('state', 'in', [...OPEN_STATES])
    .groupBy(['entity', 'state'])
    .execute();
  return rows.map((row) => ({ entity: row.entity, name: row.state, value: Number(row.value) }));
}

/** Deliveries that go (again) by themselves; one that waits for a person or another record is not late. */
async function deliveryLag(executor: Executor, dialect: Dialect): Promise<number> {
  const { rows } = await sql<{ age: number | string | null }>`
    SELECT ${ageOf(dialect, sql`min(captured_at)`)} AS age FROM ctg_delivery WHERE due_at IS NOT NULL`.execute(
    executor,
  );
  return Math.max(0, Number(rows[0]?.age ?? 0));
}

async function readAgents(executor: Executor, dialect: Dialect): Promise<LivingAgent[]> {
  const { rows } = await sql<{ id: string; host: string; pid: number; age: number | string }>`
    SELECT id, host, pid, ${ageOf(dialect, sql`seen_at`)} AS age FROM ctg_agent
    WHERE id IN ${livingAgents(dialect)} ORDER BY id`.execute(executor);
  return rows.map(({ id, host, pid, age }) => ({ id, host, pid, seenSecondsAgo: Math.max(0, Number(age)) }));
}

/** Seconds from a moment to the database's present time. */
function ageOf(dialect: Dialect, moment: RawBuilder<unknown>): RawBuilder<unknown> {
  return dialect === 'postgres'
    ? sql`extract(epoch FROM now() - ${moment})::float8`
    : sql`TIMESTAMPDIFF(MICROSECOND, ${moment}, NOW(3)) / 1000000`;
}
