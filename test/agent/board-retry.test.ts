import { expect, it } from 'vitest';
import { goods, order, startSetup } from '../support/running-agent.ts';
import { describeOnEachStore } from '../support/stores.ts';
import { until } from '../support/until.ts';

describeOnEachStore(
  'a failed job that a person retries on the board',
  (store) => {
    it('goes through the ledger: a rejected record goes again as a new change, and nothing goes twice', async () => {
      const setup = await startSetup(store);
      try {
        setup.sandbox.setFaults([{ kind: 'reject', msg: '品牌未授权', times: 1, interface: 'list-goods' }]);
        await setup.change(goods('G-1'));
        await setup.untilState('goods', 'G-1', 'rejected');
        const queue = setup.agent.queues.all.find((each) => each.name === 'list-goods');
        const [failed] = await until('the job is shown as failed', async () => {
          const jobs = (await queue?.getFailed()) ?? [];
          return jobs.length > 0 ? jobs : undefined;
        });
        expect(failed?.failedReason).toBe('品牌未授权');
        expect(failed?.name).toBe('goods G-1');
        expect(JSON.stringify(failed?.data)).not.toContain('滤清器');
        await failed?.retry();
        await setup.untilState('goods', 'G-1', 'accepted');
        await setup.change(order('SO-1'));
        await setup.untilState('order', 'SO-1', 'accepted');
        await setup.untilSettled();
        expect(setup.sandbox.state().counts['list-goods']?.requests).toBe(2);
        expect((await setup.deliveries('goods', 'G-1')).map((each) => each.state)).toEqual([
          'rejected',
          'accepted',
        ]);
      } finally {
        await setup.stop();
      }
    });
  },
  'queues on PostgreSQL',
);
