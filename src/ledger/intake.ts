import type { Database, Executor } from '../erp/database.ts';
import { type OutboxEntry, writeOutbox } from '../erp/outbox.ts';

/** A request that may come twice: the caller's key, and the digest of what it sent. */
export type IdempotentRequest = { readonly key: string; readonly bodyHash: string };

/** What became of a request to store changes. */
export type Stored =
  | { readonly kind: 'stored'; readonly count: number }
  /** The same request was stored before: nothing is stored again. */
  | { readonly kind: 'repeated'; readonly count: number }
  /** The key was used for another body. */
  | { readonly kind: 'other-body' };

/**
 * Puts changes into the outbox, all of them or none, and remembers the request with them in the same transaction.
 *
 * @param batches gives the changes anew whenever it is called: a transaction that met a deadlock runs again.
 */
export async function storeChanges(
  database: Database,
  batches: () => Iterable<readonly OutboxEntry[]>,
  request: (IdempotentRequest & { readonly count: number }) | undefined,
): Promise<Stored> {
  return database.transact(async (transaction) => {
    if (request && !(await remember(transaction, database, request))) return recall(transaction, request);
    let count = 0;
    for (const batch of batches()) {
      await writeOutbox(transaction, batch);
      count += batch.length;
    }
    return { kind: 'stored', count };
  });
}

/** Gives false when the key is known. Two requests at once wait for each other here, at the key's row. */
async function remember(
  executor: Executor,
  { dialect }: Database,
  { key, bodyHash, count }: IdempotentRequest & { readonly count: number },
): Promise<boolean> {
  const insert = executor
    .insertInto('ctg_intake')
    .values({ idempotency_key: key, body_hash: bodyHash, answer: JSON.stringify({ stored: count }) });
  const written =
    dialect === 'postgres' ? insert.onConflict((conflict) => conflict.doNothing()) : insert.ignore();
  const { numInsertedOrUpdatedRows } = await written.executeTakeFirstOrThrow();
  return Number(numInsertedOrUpdatedRows ?? 0) > 0;
}

async function recall(executor: Executor, { key, bodyHash }: IdempotentRequest): Promise<Stored> {
  const row = await executor
    .selectFrom('ctg_intake')
    .select(['body_hash', 'answer'])
    .where('idempotency_key', '=', key)
    .executeTakeFirstOrThrow();
  if (row.body_hash !== bodyHash) return { kind: 'other-body' };
  const answer: { stored: number } = JSON.parse(row.answer);
  return { kind: 'repeated', count: answer.stored };
}
