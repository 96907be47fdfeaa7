import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/erp/database.ts';
import { markAlive } from '../../src/ledger/agents.ts';
import { writeBindings } from '../../src/ledger/bindings.ts';
import { claimDeliveries } from '../../src/ledger/claims.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { insertDeliveries } from '../../src/ledger/relay-store.ts';
import { isSomebodyWaiting } from '../support/lock-waits.ts';
import { describeOnEachDialect, type OpenStore } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { waitingDelivery } from '../support/waiting-delivery.ts';

describeOnEachDialect('a claim that has to wait', (store) => {
  let opened: OpenStore;
  let database: Database;
  let other: Database;
  beforeEach(async () => {
    opened = await store.open();
    const open = () => openDatabase({ url: opened.env.DATABASE_URL, dataDir: 'memory' });
    [database, other] = [await open(), await open()];
    await migrate(database);
    for (const id of ['a', 'b']) await markAlive(database, { id, host: 'here', pid: 1, leaseMs: 60_000 });
  });
  afterEach(async () => {
    await database.close();
    await other.close();
    await opened.drop();
  });

  it('knows what the platform holds by the time that it is granted, not by the time that it was asked for', async () => {
    const [first, second] = await insertCustomers(database, ['C-1', 'C-2']);
    let claim: ReturnType<typeof claimDeliveries> | undefined;
    await database.transact(async (transaction) => {
      // Whatever holds the first one up, a slow commit here, holds up the claim of both.
      await transaction
        .updateTable('ctg_delivery')
        .set({ reason: 'held up' })
        .where('id', '=', first)
        .execute();
      claim = claimDeliveries(other, 'b', [first, second]);
      await until('the claim waits', () => isSomebodyWaiting(database));
      // Meanwhile another agent claims the second, adds it, and a newer state has slipped in: it stays open.
      await claimDeliveries(database, 'a', [second]);
      await database.transact(async (settling) => {
        await settling
          .updateTable('ctg_delivery')
          .set({ claimed_by: null, version: 2 })
          .where('id', '=', second)
          .execute();
        await writeBindings(settling, database.dialect, [
          {
            lane: { account: 'default', entity: 'customer', key: 'C-2' },
            platformId: 'P-2',
            present: true,
            hash: 'old',
            record: '{}',
            deliveryId: second,
          },
        ]);
      });
    });
    const claims = (await claim) ?? [];
    expect(
      claims.map((each) => (typeof each === 'string' ? each : [each.id, each.version, each.bound])),
    ).toEqual([
      [first, 1, undefined],
      [second, 2, { platformId: 'P-2', present: true, record: '{}' }],
    ]);
  });
});

async function insertCustomers(database: Database, keys: readonly string[]): Promise<[number, number]> {
  const { kysely, dialect } = database;
  await insertDeliveries(
    kysely,
    dialect,
    keys.map((key) => waitingDelivery('customer', key, { interface: 'customer' })),
  );
  const rows = await kysely.selectFrom('ctg_delivery').select('id').orderBy('id').execute();
  const [first = 0, second = 0] = rows.map((row) => row.id);
  return [first, second];
}
