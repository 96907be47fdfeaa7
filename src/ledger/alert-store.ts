import { type RawBuilder, sql } from 'kysely';
import { type Database, type Dialect, type Executor, now } from '../erp/database.ts';

/** What an alert can be about, in the order in which they are shown. */
export const ALERT_RULES = [
  'balance',
  'no-progress',
  'login-refused',
  'circuit-open',
  'lag',
  'rejected',
] as const;

/** What an alert is about. */
export type AlertRule = (typeof ALERT_RULES)[number];

/** `pending`: seen, but not for long enough yet. `firing`: told, or to be told. `resolved`: over, to be told. */
export type AlertState = 'pending' | 'firing' | 'resolved';

/** One alert, as it is kept between two looks and between agents. */
export type Alert = {
  readonly rule: AlertRule;
  /** The system or the account that it is about; empty where there is only one. */
  readonly subject: string;
  readonly state: AlertState;
  /** What was measured last: seconds, percent or changes. */
  readonly value: number | undefined;
  /** Words from elsewhere that belong to it, such as the platform's. */
  readonly detail: string | undefined;
  readonly since: Date;
  /** Since when the condition is gone, while the alert is still on. */
  readonly clearSince: Date | undefined;
  /** What the webhook was told last, and when. */
  readonly notifiedState: AlertState | undefined;
  readonly notifiedAt: Date | undefined;
};

/** The right of one agent to look after the alerts, for a limited time. */
export type AlertClaim = { readonly until: number };

/** What is to be written. */
export type AlertChange =
  | { readonly kind: 'keep'; readonly alert: Alert }
  | { readonly kind: 'forget'; readonly alert: Alert };

const CLAIM = 'alerts';

/**
 * Takes, or holds on to, the right to look after the alerts, and does `work` in the same transaction. Undefined while
 * another agent has the right; it gets free when that agent gives it back, or does not come back within `limitMs`.
 */
export async function underAlertClaim<T>(
  database: Database,
  held: AlertClaim | undefined,
  limitMs: number,
  work: (executor: Executor, nowMs: number) => Promise<T>,
): Promise<{ readonly claim: AlertClaim; readonly result: T } | undefined> {
  const { dialect } = database;
  return database.transact(async (transaction) => {
    const time = epoch(dialect);
    const moved = await sql`UPDATE ctg_clock SET value = GREATEST(value + 1, ${time} + ${limitMs})
      WHERE name = ${CLAIM} AND (value <= ${time} OR value = ${held?.until ?? -1})`.execute(transaction);
    if (Number(moved.numAffectedRows ?? 0) === 0) return undefined;
    const { rows } = await sql<{ value: number | string; now: number | string }>`
      SELECT value, ${time} AS now FROM ctg_clock WHERE name = ${CLAIM}`.execute(transaction);
    const claim = { until: Number(rows[0]?.value) };
    return { claim, result: await work(transaction, Number(rows[0]?.now)) };
  });
}

/** Gives the right back, so that the next agent need not wait for its end. */
export async function releaseAlertClaim({ kysely }: Database, { until }: AlertClaim): Promise<void> {
  await kysely
    .updateTable('ctg_clock')
    .set({ value: 0 })
    .where('name', '=', CLAIM)
    .where('value', '=', until)
    .execute();
}

/** Every alert that is kept, also those that are not told of yet. */
export async function readAlerts(executor: Executor): Promise<Alert[]> {
  const rows = await executor.selectFrom('ctg_alert').selectAll().orderBy('since').execute();
  return rows.flatMap((row) => {
    const rule = ALERT_RULES.find((each) => each === row.rule);
    const state = stateOf(row.state);
    if (!rule || !state) return [];
    return {
      rule,
      state,
      subject: row.subject,
      value: row.value ?? undefined,
      detail: row.detail ?? undefined,
      since: new Date(row.since),
      clearSince: row.clear_since ? new Date(row.clear_since) : undefined,
      notifiedState: stateOf(row.notified_state),
      notifiedAt: row.notified_at ? new Date(row.notified_at) : undefined,
    };
  });
}

/** The alerts that are on, the longest first. */
export async function activeAlerts({ kysely }: Database): Promise<Alert[]> {
  return (await readAlerts(kysely)).filter(({ state }) => state === 'firing');
}

/** Writes what became of the alerts; there are a handful of them. */
export async function writeAlerts(
  executor: Executor,
  dialect: Dialect,
  changes: readonly AlertChange[],
): Promise<void> {
  for (const { kind, alert } of changes) {
    if (kind === 'keep') await writeAlert(executor, dialect, alert);
    else await sameAlert(executor.deleteFrom('ctg_alert'), alert).execute();
  }
}

async function writeAlert(executor: Executor, dialect: Dialect, alert: Alert): Promise<void> {
  const told = { notified_state: alert.notifiedState ?? null, notified_at: alert.notifiedAt ?? null };
  const seen = {
    state: alert.state,
    value: alert.value ?? null,
    detail: alert.detail?.slice(0, 500) ?? null,
    since: alert.since,
    clear_since: alert.clearSince ?? null,
  };
  const insert = executor
    .insertInto('ctg_alert')
    .values({ rule: alert.rule, subject: alert.subject, ...seen, ...told });
  const written =
    dialect === 'postgres'
      ? insert.onConflict((conflict) =>
          conflict.columns(['rule', 'subject']).doUpdateSet({ ...seen, ...told }),
        )
      : insert.onDuplicateKeyUpdate({ ...seen, ...told });
  await written.execute();
}

/** Notes that the webhook was told of an alert; one whose end was told is over and forgotten. */
export async function markNotified(
  executor: Executor,
  dialect: Dialect,
  alert: Pick<Alert, 'rule' | 'subject' | 'state'>,
): Promise<void> {
  if (alert.state === 'resolved') {
    await sameAlert(executor.deleteFrom('ctg_alert'), alert).where('state', '=', 'resolved').execute();
    return;
  }
  await sameAlert(executor.updateTable('ctg_alert'), alert)
    .set({ notified_state: alert.state, notified_at: now(dialect) })
    .execute();
}

type Filtered<Query> = { where(column: 'rule' | 'subject' | 'state', operator: '=', value: string): Query };

function sameAlert<Query extends Filtered<Query>>(
  query: Query,
  { rule, subject }: Pick<Alert, 'rule' | 'subject'>,
): Query {
  return query.where('rule', '=', rule).where('subject', '=', subject);
}

function stateOf(text: string | null): AlertState | undefined {
  return text === 'pending' || text === 'firing' || text === 'resolved' ? text : undefined;
}

/** The database's milliseconds since the epoch. */
function epoch(dialect: Dialect): RawBuilder<number> {
  return dialect === 'postgres'
    ? sql`floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint`
    : sql`FLOOR(UNIX_TIMESTAMP(SYSDATE(3)) * 1000)`;
}
