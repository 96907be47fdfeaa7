import type { Database, Executor } from '../erp/database.ts';
import { type ClaimFilter, claimOutboxRows, type OutboxRow } from '../erp/outbox.ts';
import { laneText } from '../ledger/states.ts';

/** How many times its limit one batch may hold, where a few records change all the time. */
const LARGEST_BATCH = 10;

/**
 * Takes as many changes as there is work for: those of one record are one send of its newest state, or little more. Else
 * a record with a hundred thousand changes would hold the others up for as many batches.
 */
export async function takeChanges(
  executor: Executor,
  dialect: Database['dialect'],
  limit: number,
  filter: ClaimFilter,
): Promise<OutboxRow[]> {
  const rows = await claimOutboxRows(executor, dialect, limit, filter);
  const records = new Set(rows.map(recordOf));
  for (let asked = limit; rows.length >= asked && records.size * 2 < limit; ) {
    const more = Math.min(4 * limit, LARGEST_BATCH * limit - rows.length);
    if (more <= 0) break;
    asked += more;
    for (const row of await claimOutboxRows(executor, dialect, more, filter)) {
      rows.push(row);
      records.add(recordOf(row));
    }
  }
  return rows;
}

function recordOf({ account, entity, key }: OutboxRow): string {
  return laneText({ account, entity, key });
}
