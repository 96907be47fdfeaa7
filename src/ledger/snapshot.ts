import type { Transaction } from 'kysely';
import type { Database } from '../erp/database.ts';
import type { Tables } from '../erp/tables.ts';

/** Runs several reads that all see the database as it was at one moment. */
export async function readSnapshot<T>(
  { kysely }: Database,
  work: (snapshot: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  return kysely.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work);
}
