import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Database, fromNow, openDatabase } from '../../src/erp/database.ts';
import { bringForward } from '../../src/ledger/clock-set.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { insertDeliveries } from '../../src/ledger/relay-store.ts';
import { describeOnEachDialect, type OpenStore } from '../support/stores.ts';

describeOnEachDialect('an agent that starts after the clock was set back', (store) => {
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

  it('does not wait for what was made or sent in the hour that has not come yet', async () => {
    const { kysely, dialect } = database;
    const keys = ['made then', 'sent then', 'put off'];
    await insertDeliveries(
      kysely,
      dialect,
      keys.map((key) => ({
        lane: { account: 'default', entity: 'goods', key },
        op: 'upsert',
        interface: 'list-goods',
        state: 'waiting',
        waitsFor: undefined,
        record: '{}',
        frozen: undefined,
        hash: 'hash',
        idempotencyKey: undefined,
        reason: undefined,
        capturedAt: new Date(),
        trace: undefined,
      })),
    );
    const set = (key: string, ahead: { due_at: number; sent_at?: number; created_at?: number }) =>
      kysely
        .updateTable('ctg_delivery')
        .set(
          Object.fromEntries(
            Object.entries(ahead).map(([name, ms]) => [name, fromNow(dialect, ms)]),
          ) as object,
        )
        .where('entity_key', '=', key)
        .execute();
    await set('made then', { due_at: 3_590_000, created_at: 3_590_000 });
    await set('sent then', { due_at: 3_595_000, sent_at: 3_590_000 });
    await set('put off', { due_at: 600_000, sent_at: -1_000 });

    await bringForward(database, false);

    const due = await kysely
      .selectFrom('ctg_delivery')
      .select('entity_key')
      .where('due_at', '<=', fromNow(dialect, 0))
      .orderBy('id')
      .execute();
    expect(due.map((row) => row.entity_key)).toEqual(['made then', 'sent then']);
  });
});
