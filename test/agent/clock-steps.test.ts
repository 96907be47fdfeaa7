import { afterEach, describe, expect, it } from 'vitest';
import { fromNow } from '../../src/erp/database.ts';
import { customer, goods, order, type Setup, startSetup } from '../support/running-agent.ts';
import { setClock } from '../support/stepped-clock.ts';
import { anyStore, availableStores, type Store } from '../support/stores.ts';
import { until } from '../support/until.ts';

const HOUR_MS = 3_600_000;

// A server keeps its own time; the embedded store's time is that of the agent's process.
const stores = new Set([anyStore(), ...availableStores().filter(({ name }) => name === 'PGlite')]);
for (const store of stores) describeClockSteps(store);

function describeClockSteps(store: Store): void {
  describe(`a clock that is set (${store.name})`, () => {
    let setup: Setup | undefined;
    afterEach(async () => {
      setClock(0);
      await setup?.stop();
    });

    it('back by an hour holds up neither what was put off nor the polls', async () => {
      setup = await startSetup(store);
      const { sandbox } = setup;
      await setup.change(order('SO-1'));
      await setup.untilState('order', 'SO-1', 'accepted');
      sandbox.setFaults([{ kind: 'status', code: 503, retryAfter: 2 }]);
      await setup.change(goods('G-1'));
      await until('it was put off', async () => (await setup?.deliveries('goods'))?.[0]?.outcome === 'busy');

      setClock(-HOUR_MS);
      sandbox.clearFaults();
      await setup.untilState('goods', 'G-1', 'accepted');
      await untilStatusIsSeen(setup, 20);
      expect(sandbox.state().violations).toEqual([]);
    });

    it('right again while the platform may be at work on a lost request makes nobody ask for it twice', async () => {
      setup = await startSetup(store, { env: { CTG_TIMEOUT_MS: '2000' } });
      const { sandbox } = setup;
      const isNew = { field: 'op_type', equals: 1 };
      sandbox.setFaults([{ kind: 'latency', ms: 3_900, times: 1, interface: 'customer', where: isNew }]);
      setClock(-HOUR_MS);
      await setup.change(customer('C-1'));
      await setup.untilState('customer', 'C-1', 'in_doubt');
      setClock(0);
      await setup.untilState('customer', 'C-1', 'accepted');
      await until('the platform is done', () => sandbox.requests().every((each) => each.reply));
      expect(Object.keys(sandbox.state().customers)).toHaveLength(1);
      expect(sandbox.state().violations).toEqual([]);
    });

    it('back by an hour while nobody looks holds up nothing that was sent before', async () => {
      setup = await startSetup(store);
      const { sandbox } = setup;
      sandbox.setFaults([{ kind: 'status', code: 503, retryAfter: 600 }]);
      await setup.change(goods('G-1'));
      await until('it was put off', async () => (await setup?.deliveries('goods'))?.[0]?.outcome === 'busy');
      const { kysely, dialect } = setup.agent.database;
      const inAnHour = fromNow(dialect, HOUR_MS);
      await kysely.updateTable('ctg_delivery').set({ sent_at: inAnHour, due_at: inAnHour }).execute();

      sandbox.clearFaults();
      await setup.untilState('goods', 'G-1', 'accepted');
      expect(sandbox.state().violations).toEqual([]);
    });
  });
}

/** The only order moves to `status` at the platform, and the agent's poll finds it. */
async function untilStatusIsSeen({ sandbox, agent }: Setup, status: number): Promise<void> {
  const [placed] = Object.values(sandbox.state().orders);
  sandbox.setOrderStatus(placed?.order_id ?? '', status);
  await until(`status ${status} is seen`, async () => {
    const seen = await agent.database.kysely.selectFrom('ctg_order_status').select('status').execute();
    return seen[0]?.status === String(status);
  });
}
