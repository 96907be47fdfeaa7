import { sql } from 'kysely';
import { expect, it } from 'vitest';
import type { SourceMap, Sources } from '../../src/config/source-map.ts';
import { readUnwritten } from '../../src/ledger/unwritten.ts';
import { order, type Setup, startSetup } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';

const map = (status: string): SourceMap => ({
  entity: 'order',
  key: ['number'],
  keySeparator: '|',
  select: 'SELECT number AS entity_key FROM erp_order WHERE number IN (:keys)',
  writeBack: { status },
});

type OrderRow = {
  number: string;
  platform_status: string | null;
  platform_order: string | null;
  note: string | null;
};

async function createOrders({ agent }: Setup): Promise<void> {
  const { kysely } = agent.database;
  await sql`CREATE TABLE erp_order (number VARCHAR(32) PRIMARY KEY, platform_status VARCHAR(16),
    platform_order VARCHAR(32), note VARCHAR(200))`.execute(kysely);
  await sql`INSERT INTO erp_order (number) VALUES ('SO-1'), ('SO-2')`.execute(kysely);
}

async function ordersOf({ agent }: Setup): Promise<OrderRow[]> {
  const { rows } = await sql<OrderRow>`SELECT * FROM erp_order ORDER BY number`.execute(
    agent.database.kysely,
  );
  return rows;
}

const untilOrders = (setup: Setup, expected: unknown): Promise<true> =>
  until('the ERP is told', async () => {
    const rows = await ordersOf(setup);
    try {
      expect(rows).toEqual(expected);
      return true;
    } catch {
      return undefined;
    }
  });

describeOnEachDialect("the ERP's own table", (store) => {
  it('shows the status of its order, through the statement of the source map', async () => {
    const statement =
      'UPDATE erp_order SET platform_status = :status, platform_order = :platform_id WHERE number = :key';
    const setup = await startSetup(store, { sources: new Map([['order', map(statement)]]) });
    try {
      const { kysely } = setup.agent.database;
      await sql`CREATE TABLE erp_order (number VARCHAR(32), platform_status VARCHAR(16), platform_order VARCHAR(32))`.execute(
        kysely,
      );
      await sql`INSERT INTO erp_order (number) VALUES ('SO-1'), ('SO-2')`.execute(kysely);
      await setup.change(order('SO-1'));
      const placed = await setup.untilState('order', 'SO-1', 'accepted');
      const rows = await until('the status is written back', async () => {
        const result = await sql`SELECT * FROM erp_order WHERE platform_status IS NOT NULL`.execute(kysely);
        return result.rows.length > 0 ? result.rows : undefined;
      });
      expect(rows).toEqual([{ number: 'SO-1', platform_status: '1', platform_order: placed.platform_id }]);
    } finally {
      await setup.stop();
    }
  });

  it('is told what was accepted and what was rejected, and why', async () => {
    const sources: Sources = new Map([
      [
        'order',
        {
          ...map('UPDATE erp_order SET platform_status = :status WHERE number = :key'),
          writeBack: {
            accepted: 'UPDATE erp_order SET platform_order = :platform_id, note = :op WHERE number = :key',
            rejected: 'UPDATE erp_order SET note = :message WHERE number = :key',
          },
        },
      ],
    ]);
    const setup = await startSetup(store, { sources });
    try {
      await createOrders(setup);
      await setup.change(order('SO-1'), order('SO-2', []));
      const placed = await setup.untilState('order', 'SO-1', 'accepted');
      await untilOrders(setup, [
        { number: 'SO-1', platform_status: null, platform_order: placed.platform_id, note: 'upsert' },
        {
          number: 'SO-2',
          platform_status: null,
          platform_order: null,
          note: expect.stringMatching(/^lines: /),
        },
      ]);
      await setup.change(order('SO-1', ['S1'], { message: 'changed after it was placed' }));
      await setup.untilState('order', 'SO-1', 'rejected');
      await until('the ERP is told that the order stays as it was placed', async () => {
        const [first] = await ordersOf(setup);
        return first?.note?.startsWith('cannot be changed on the platform') ? first : undefined;
      });
      expect(Object.keys(setup.sandbox.state().orders)).toHaveLength(1);
    } finally {
      await setup.stop();
    }
  });

  it('may be locked by the ERP: it is told once the lock is gone, and nothing waits for it meanwhile', async () => {
    const sources: Sources = new Map([
      ['order', map('UPDATE erp_order SET platform_status = :status WHERE number = :key')],
    ]);
    const setup = await startSetup(store, { sources });
    try {
      await createOrders(setup);
      const { kysely, engine } = setup.agent.database;
      // The embedded store has one connection: nobody else can hold a lock.
      if (engine === 'pglite') return;
      const editing = await kysely.startTransaction().execute();
      await sql`UPDATE erp_order SET note = 'open in the form' WHERE number = 'SO-1'`.execute(editing);
      await setup.change(order('SO-1'), order('SO-2'));
      await setup.untilSettled();
      await until('the locked row is put off', async () => {
        const row = await kysely
          .selectFrom('ctg_write_back')
          .selectAll()
          .where('attempts', '>', 0)
          .executeTakeFirst();
        return row?.entity_key === 'SO-1' ? row : undefined;
      });
      await untilOrders(
        setup,
        expect.arrayContaining([expect.objectContaining({ number: 'SO-2', platform_status: '1' })]),
      );
      await editing.commit().execute();
      await untilOrders(
        setup,
        expect.arrayContaining([expect.objectContaining({ number: 'SO-1', platform_status: '1' })]),
      );
    } finally {
      await setup.stop();
    }
  });

  it('may refuse the statement: the status is in ctg_order_status and ctg_inbox all the same', async () => {
    const setup = await startSetup(store, {
      sources: new Map([['order', map('UPDATE erp_missing SET status = :status WHERE number = :key')]]),
    });
    try {
      await setup.change(order('SO-1'));
      await until('the ERP can read the status', () =>
        setup.agent.database.kysely.selectFrom('ctg_order_status').selectAll().executeTakeFirst(),
      );
      expect(await setup.agent.database.kysely.selectFrom('ctg_inbox').selectAll().execute()).toHaveLength(1);
      await until('the fault is kept with what is still to be told', async () => {
        const row = await setup.agent.database.kysely
          .selectFrom('ctg_write_back')
          .selectAll()
          .executeTakeFirst();
        return row?.fault?.includes('erp_missing') ? row : undefined;
      });
      expect(await readUnwritten(setup.agent.database)).toEqual({ missedChanges: 0, failingWriteBacks: 1 });
    } finally {
      await setup.stop();
    }
  });
});
