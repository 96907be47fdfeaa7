import type { Database, Executor } from '../erp/database.ts';
import { type BusyRecord, type ClaimFilter, claimOutboxRows, type OutboxRow } from '../erp/outbox.ts';
import { laneText } from '../ledger/states.ts';
import { INTERFACES } from '../mappers/registry.ts';
import type { LooksPast } from './looks-past.ts';

/** How many times its limit one batch may hold, where a few records change all the time. */
const LARGEST_BATCH = 10;
/** Entities of whose records the newest state alone is sent. */
const LATEST_ENTITIES = INTERFACES.flatMap(({ kind, push }) =>
  kind === 'latest' && push ? [push.entity] : [],
);
/** How many ids a look past such records may go over. */
const LONGEST_LOOK = 200_000;

/**
 * Takes as many changes as there is work for: those of one record are one send of its newest state, or little more. Where a
 * few records fill the batch, it also takes what comes behind them, so that a record with a hundred thousand changes holds
 * nobody up; and where nothing does, more of them at once.
 */
export async function takeChanges(
  executor: Executor,
  dialect: Database['dialect'],
  limit: number,
  filter: ClaimFilter,
  looks: LooksPast,
): Promise<OutboxRow[]> {
  const rows = await claimOutboxRows(executor, dialect, limit, filter);
  const records = Map.groupBy(rows, recordOf);
  const isWorkEnough = (): boolean => records.size * 2 >= limit;
  const add = (more: readonly OutboxRow[]): void => {
    rows.push(...more);
    for (const row of more) records.set(recordOf(row), [row]);
  };
  if (rows.length >= limit && !isWorkEnough() && looks.isDue()) {
    const past = { records: busiest(records, limit), lastId: highestId(rows) + LONGEST_LOOK };
    const others = await claimOutboxRows(executor, dialect, limit, { ...filter, past });
    looks.found(others.length * 4 >= limit);
    add(others);
  }
  for (let asked = limit; rows.length >= asked && !isWorkEnough(); ) {
    const more = Math.min(4 * limit, LARGEST_BATCH * limit - rows.length);
    if (more <= 0) break;
    asked += more;
    add(await claimOutboxRows(executor, dialect, more, { ...filter, newestOf: LATEST_ENTITIES }));
  }
  return rows;
}

function recordOf({ account, entity, key }: OutboxRow): string {
  return laneText({ account, entity, key });
}

/** The records that have more than an eighth of a batch each. */
function busiest(records: ReadonlyMap<string, readonly OutboxRow[]>, limit: number): BusyRecord[] {
  const rows = [...records.values()].filter((changes) => changes.length * 8 > limit);
  return rows.flatMap(([first]) => first ?? []);
}

function highestId(rows: readonly OutboxRow[]): number {
  return rows.reduce((highest, { id }) => Math.max(highest, id), 0);
}
