import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/erp/database.ts';
import { writeBindings } from '../../src/ledger/bindings.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { insertDeliveries } from '../../src/ledger/relay-store.ts';
import { laneText } from '../../src/ledger/states.ts';
import { freeBlocked } from '../../src/ledger/sweep-store.ts';
import { describeOnEachDialect, type OpenStore } from '../support/stores.ts';
import { waitingDelivery } from '../support/waiting-delivery.ts';

const BLOCKED = 1_200;

describeOnEachDialect('what was written as blocked although it need not wait', (store) => {
  let opened: OpenStore;
  let database: Database;
  beforeEach(async () => {
    opened = await store.open();
    database = await openDatabase({ url: opened.env.DATABASE_URL, dataDir: 'memory' });
    await migrate(database);
  });
  afterEach(async () => {
    await database.close();
    await opened.drop();
  });

  it('is found wherever it is among others that wait rightly, and nothing else is freed', async () => {
    const { kysely, dialect } = database;
    await insertDeliveries(
      kysely,
      dialect,
      Array.from({ length: BLOCKED }, (_, index) => blockedShipment(index)),
    );
    const held = [3, 700, BLOCKED - 1];
    await writeBindings(
      kysely,
      dialect,
      held.map((index) => ({
        lane: orderLane(index),
        platformId: `P-${index}`,
        present: true,
        hash: undefined,
        record: undefined,
        deliveryId: undefined,
      })),
    );
    const freed: string[] = [];
    let looks = 0;
    for (let after: string | undefined = ''; after !== undefined; looks += 1) {
      const { ready, next } = await freeBlocked(database, after);
      freed.push(...ready.map((each) => each.entity_key));
      after = next;
    }
    expect(looks).toBeGreaterThan(1);
    expect(freed.toSorted()).toEqual(held.map((index) => `SH-${index}`).toSorted());
  });
});

function orderLane(index: number) {
  return { account: 'default', entity: 'order', key: `SO-${String(index).padStart(5, '0')}` };
}

function blockedShipment(index: number) {
  return waitingDelivery('shipment', `SH-${index}`, {
    interface: 'ship',
    state: 'blocked',
    waitsFor: laneText(orderLane(index)),
    hash: undefined,
    reason: 'waits',
  });
}
