import type { NewDelivery } from '../../src/ledger/relay-store.ts';

/** A delivery of the account `default` that waits to be sent, as the relay writes it. */
export function waitingDelivery(
  entity: string,
  key: string,
  differs: Partial<NewDelivery> & Pick<NewDelivery, 'interface'>,
): NewDelivery {
  return {
    lane: { account: 'default', entity, key },
    op: 'upsert',
    state: 'waiting',
    waitsFor: undefined,
    record: '{}',
    frozen: undefined,
    hash: 'hash',
    idempotencyKey: undefined,
    reason: undefined,
    capturedAt: new Date(),
    trace: undefined,
    ...differs,
  };
}
