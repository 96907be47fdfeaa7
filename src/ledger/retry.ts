import { isEntity } from '../config/entities.ts';
import type { Sources } from '../config/source-map.ts';
import { type Database, type Executor, now } from '../erp/database.ts';
import { writeOutbox } from '../erp/outbox.ts';
import { interfaceNamed } from '../mappers/registry.ts';
import { conflict, type DeliveryRow, lockDelivery, noDelivery, type Refusal } from './hand.ts';
import type { ReadyDelivery } from './relay-store.ts';
import { ERASED } from './secrets.ts';

/** What a retry came to. */
export type Retried =
  /** The delivery goes on where it stopped; it has to be queued. */
  | { readonly kind: 'resumed'; readonly ready: ReadyDelivery }
  /** A new change was put into the outbox; the relay has to be woken. */
  | { readonly kind: 'requeued' }
  | Refusal;

/** What a retry may read records with: a change of a *latest* entity goes again with its present state. */
export type RetryOptions = { readonly sources?: Sources };

/**
 * Lets a delivery that waits for a person go again. A held one goes on with its own key, its own body and all that it
 * has achieved, and counts as in doubt, so that it verifies or repeats safely. A rejected one is closed for good and
 * stays so: its record goes into the outbox as a new change. One that a newer change has overtaken is refused, since an
 * old state would otherwise replace a new one.
 */
export async function retryDelivery(
  database: Database,
  id: number,
  options: RetryOptions = {},
): Promise<Retried> {
  return database.transact(async (transaction) => {
    const row = await lockDelivery(transaction, id);
    if (!row) return noDelivery(id);
    if (row.state === 'held') return resume(transaction, database, row);
    if (row.state === 'rejected') return requeue(transaction, row, options);
    return conflict(`Delivery ${id} is ${row.state}.`, fixFor(row.state));
  });
}

function fixFor(state: string): string {
  switch (state) {
    case 'waiting':
    case 'in_doubt':
      return 'It goes again by itself; nothing has to be done.';
    case 'queued':
      return 'An earlier change of the same record goes first; see its timeline.';
    case 'blocked':
      return 'It goes when the record that it waits for is at the platform; see its timeline.';
    default:
      return 'It is closed. To send the record again, change it in the ERP or use resync.';
  }
}

async function resume(executor: Executor, { dialect }: Database, row: DeliveryRow): Promise<Retried> {
  const version = row.version + 1;
  await executor
    .updateTable('ctg_delivery')
    // Its age counts anew, or one that was given up for its age would be given up again after one attempt.
    .set({ state: 'in_doubt', due_at: now(dialect), created_at: now(dialect), version, claimed_by: null })
    .where('id', '=', row.id)
    .execute();
  const { id, interface: name, entity, entity_key } = row;
  return { kind: 'resumed', ready: { id, interface: name, entity, entity_key, version } };
}

async function requeue(executor: Executor, row: DeliveryRow, { sources }: RetryOptions): Promise<Retried> {
  const refusal = (await overtaken(executor, row)) ?? withoutSecret(row);
  if (refusal) return refusal;
  const fresh = isReadable(row, sources);
  const record: unknown = fresh || row.record === null ? undefined : JSON.parse(row.record);
  await writeOutbox(executor, [
    {
      account: row.account,
      entity: row.entity,
      key: row.entity_key,
      op: row.op === 'delete' ? 'delete' : 'upsert',
      payload: record ?? undefined,
    },
  ]);
  return { kind: 'requeued' };
}

/** Whether the record's present state can be read: for a *latest* entity that is what the platform should hold. */
function isReadable(row: DeliveryRow, sources: Sources | undefined): boolean {
  if (interfaceNamed(row.interface)?.kind !== 'latest') return false;
  return isEntity(row.entity) && sources?.has(row.entity) === true;
}

async function overtaken(executor: Executor, row: DeliveryRow): Promise<Refusal | undefined> {
  const newer = await executor
    .selectFrom('ctg_delivery')
    .select(['id', 'state'])
    .where('entity', '=', row.entity)
    .where('entity_key', '=', row.entity_key)
    .where('account', '=', row.account)
    .where('id', '>', row.id)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (newer) {
    return conflict(
      `A newer change of ${row.entity} ${row.entity_key} exists: delivery ${newer.id} (${newer.state}).`,
      `Retry that one, if it needs it; the old state must not replace the new one.`,
    );
  }
  const coming = await executor
    .selectFrom('ctg_outbox')
    .select('id')
    .where('entity', '=', row.entity)
    .where('entity_key', '=', row.entity_key)
    .where('account', '=', row.account)
    .limit(1)
    .executeTakeFirst();
  return (
    coming &&
    conflict(
      `A newer change of ${row.entity} ${row.entity_key} is in the outbox already.`,
      'Wait until it was sent.',
    )
  );
}

function withoutSecret(row: DeliveryRow): Refusal | undefined {
  const fields = interfaceNamed(row.interface)?.push?.secretFields ?? [];
  if (fields.length === 0 || row.record === null) return undefined;
  const record: unknown = JSON.parse(row.record);
  const erased = fields.filter(
    (field) => typeof record === 'object' && record !== null && Reflect.get(record, field) === ERASED,
  );
  if (erased.length === 0) return undefined;
  return conflict(
    `The ${erased.join(', ')} of ${row.entity} ${row.entity_key} was erased when the delivery ended.`,
    'Hand the record in again, or give a reference (env:NAME, file:PATH) in its place.',
  );
}
