import { expect, it } from 'vitest';
import { readSummary } from '../../src/ledger/balance.ts';
import { clearHistory } from '../../src/ledger/housekeeping.ts';
import { goods, order, startSetup } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';

const LONG_AGO = new Date(Date.now() - 40 * 86_400_000);

describeOnEachDialect('housekeeping', (store) => {
  it('removes old closed deliveries, never an open one, a binding or a count', async () => {
    const setup = await startSetup(store);
    try {
      const { database } = setup.agent;
      await setup.change(goods('G-1'), goods('G-2'), order('SO-1'));
      await setup.untilState('order', 'SO-1', 'accepted');
      await setup.untilSettled();
      setup.sandbox.setFaults([{ kind: 'busy', interface: 'list-goods' }]);
      await setup.change(goods('G-3'));
      await setup.untilState('goods', 'G-3', 'waiting');
      await database.kysely
        .updateTable('ctg_delivery')
        .set({ closed_at: LONG_AGO })
        .where('entity_key', '=', 'G-1')
        .execute();
      expect(await clearHistory(database, 0)).toMatchObject({ deliveries: 0 });
      expect(await clearHistory(database, 30)).toMatchObject({ deliveries: 1 });
      expect(await setup.deliveries('goods', 'G-1')).toEqual([]);
      expect(await setup.deliveries('goods', 'G-2')).toHaveLength(1);
      expect(await setup.deliveries('goods', 'G-3')).toHaveLength(1);
      expect((await readSummary(database)).difference).toBe(0);
      await setup.change(goods('G-1'));
      setup.sandbox.clearFaults();
      await setup.untilState('goods', 'G-3', 'accepted');
      expect(setup.sandbox.state().goods['13800000000/G-1']?.sends).toBe(1);
    } finally {
      await setup.stop();
    }
  });
});
