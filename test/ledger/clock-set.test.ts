import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, fromNow, openDatabase } from '../../src/erp/database.ts';
import { bringForward, bringFromFuture } from '../../src/ledger/clock-set.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { insertDeliveries } from '../../src/ledger/relay-store.ts';
import { emptyStore } from '../support/empty-store.ts';
import { describeOnEachDialect, type OpenStore } from '../support/stores.ts';
import { waitingDelivery } from '../support/waiting-delivery.ts';

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
    await insertDeliveries(kysely, dialect, keys.map(waitingGoods));
    const set = setTimes(database);
    await set('made then', { due_at: 3_590_000, created_at: 3_590_000 });
    await set('sent then', { due_at: 3_595_000, sent_at: 3_590_000 });
    await set('put off', { due_at: 600_000, sent_at: -1_000 });

    await bringForward(database, false);

    expect(await dueKeys(database)).toEqual(['made then', 'sent then']);
  });

  it('does not wait either when nobody saw the clock being set', async () => {
    const { kysely, dialect } = database;
    const keys = [
      'made then',
      'sent then',
      'in doubt',
      'put off',
      'another clock',
      'made then, put off since',
    ];
    await insertDeliveries(kysely, dialect, keys.map(waitingGoods));
    const set = setTimes(database);
    await set('made then', { due_at: 3_590_000, created_at: 3_590_000 });
    await set('sent then', { due_at: 3_595_000, sent_at: 3_590_000 });
    await set('in doubt', { due_at: 3_620_000, sent_at: 3_590_000 }, 'in_doubt');
    await set('put off', { due_at: 600_000, sent_at: -1_000 });
    await set('another clock', { due_at: 15_000, sent_at: 3_000 }, 'in_doubt');
    await set('made then, put off since', { due_at: 600_000, sent_at: -1_000, created_at: 3_500_000 });

    expect(await bringFromFuture(database)).toBe(3);
    expect(await dueKeys(database)).toEqual(['made then', 'sent then']);
    // What the platform may be at work on waits as long as it would have.
    expect(await dueKeys(database, 29_000)).not.toContain('in doubt');
    expect(await dueKeys(database, 30_000)).toContain('in doubt');
    expect(await bringFromFuture(database)).toBe(0);
  });
});

describe('an embedded agent that starts', () => {
  it('leaves nothing put off by the clock of the life before it, but for what the platform may be at work on', async () => {
    const database = await openDatabase({ dataDir: 'memory', template: emptyStore });
    await migrate(database);
    await insertDeliveries(
      database.kysely,
      database.dialect,
      ['freed then', 'in doubt', 'sent then'].map(waitingGoods),
    );
    const set = setTimes(database);
    // Made long before, and freed by its order in the hour that was undone.
    await set('freed then', { due_at: 3_590_000, created_at: -60_000 });
    await set('in doubt', { due_at: 10_000, sent_at: -5_000 }, 'in_doubt');
    await set('sent then', { due_at: 3_595_000, sent_at: 3_590_000 }, 'in_doubt');

    await bringForward(database, false);

    expect(await dueKeys(database)).toEqual(['freed then']);
    expect(await dueKeys(database, 5_000)).toEqual(['freed then', 'sent then']);
    await database.close();
  });
});

const waitingGoods = (key: string) => waitingDelivery('goods', key, { interface: 'list-goods' });

type Times = { readonly due_at: number; readonly sent_at?: number; readonly created_at?: number };

/** Sets the times of a delivery, in milliseconds from now. */
function setTimes({ kysely, dialect }: Database) {
  return async (key: string, times: Times, state: 'waiting' | 'in_doubt' = 'waiting'): Promise<void> => {
    const set = Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, fromNow(dialect, ms)]));
    await kysely
      .updateTable('ctg_delivery')
      .set({ ...set, state })
      .where('entity_key', '=', key)
      .execute();
  };
}

/** Those that are due, or will be after so many milliseconds. */
async function dueKeys({ kysely, dialect }: Database, inMs = 0): Promise<string[]> {
  const rows = await kysely
    .selectFrom('ctg_delivery')
    .select('entity_key')
    .where('due_at', '<=', fromNow(dialect, inMs))
    .orderBy('id')
    .execute();
  return rows.map((row) => row.entity_key);
}
