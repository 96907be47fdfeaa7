import { sql } from 'kysely';
import { expect, it } from 'vitest';
import type { SourceMap } from '../../src/config/source-map.ts';
import { order, startSetup } from '../support/running-agent.ts';
import { describeOnEachStore } from '../support/stores.ts';
import { until } from '../support/until.ts';

const map = (status: string): SourceMap => ({
  entity: 'order',
  key: ['number'],
  keySeparator: '|',
  select: 'SELECT number AS entity_key FROM erp_order WHERE number IN (:keys)',
  writeBack: { status },
});

describeOnEachStore("the ERP's own table", (store) => {
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
    } finally {
      await setup.stop();
    }
  });
});
