import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { goods, order } from '../support/running-agent.ts';
import { availableStores } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { type AdminSetup, startAdminSetup } from './running-admin.ts';

const QUEUE = '/queues/api/queues/list-goods';

describe('Bull Board', () => {
  let setup: AdminSetup;
  const start = async (env: Record<string, string> = {}) => {
    const stores = availableStores();
    const store = stores.find(({ name }) => name.endsWith('+ Redis')) ?? stores[0];
    if (!store) throw new Error('There is no store to test on.');
    setup = await startAdminSetup(store, { env });
  };
  const act = async (path: string, method = 'PUT') => {
    const { status } = await setup.request(path, { method, body: {} });
    return status;
  };
  const counts = async () => (await setup.get('/v1/status')).body.queues['list-goods'];
  afterEach(() => setup.stop());

  describe('that may act', () => {
    beforeEach(() => start());

    it('loses nothing when jobs are removed, cleaned, emptied or obliterated on it', async () => {
      expect(await act(`${QUEUE}/pause`)).toBe(200);
      expect(await counts()).toMatchObject({ paused: true });
      await setup.change(...['G-1', 'G-2', 'G-3'].map((key) => goods(key)), order('SO-1'));
      await until('the jobs wait', async () => (await counts()).waiting === 3);
      const [job] =
        (await setup.agent.queues.all.find(({ name }) => name === 'list-goods')?.getWaiting()) ?? [];
      expect(await act(`${QUEUE}/${job?.id}/clean`)).toBe(204);
      expect(await act(`${QUEUE}/empty`)).toBe(200);
      expect(await counts()).toMatchObject({ waiting: 0 });
      expect(await act(`${QUEUE}/obliterate`)).toBe(200);
      expect(await act('/queues/api/queues/ticks/empty')).toBe(200);
      expect(await act(`${QUEUE}/resume`)).toBe(200);
      for (const key of ['G-1', 'G-2', 'G-3']) await setup.untilState('goods', key, 'accepted');
      await setup.untilState('order', 'SO-1', 'accepted');
      await setup.untilSettled();
      expect(setup.sandbox.state().counts['list-goods']?.requests).toBe(3);
      expect((await setup.get('/v1/status')).body).toMatchObject({ balanced: true });
    });

    it('says what each queue and each job is', async () => {
      await setup.change(goods('G-1'));
      const delivery = await setup.untilState('goods', 'G-1', 'accepted');
      const jobs = await until('the job is shown', async () => {
        const { body } = await setup.get('/queues/api/queues?activeQueue=list-goods&status=completed');
        const queue = body.queues.find(({ name }: { name: string }) => name === 'list-goods');
        return queue.jobs.length > 0 ? queue.jobs : undefined;
      });
      expect(jobs[0].name).toBe(`goods G-1 (delivery ${delivery.id})`);
      const { body } = await setup.get('/queues/api/queues');
      for (const { description } of body.queues) expect(description).not.toBe('');
      expect(JSON.stringify(body)).toContain('接口 3');
    });
  });

  it('changes nothing when it is read-only', async () => {
    await start({ BULL_BOARD_READONLY: 'true' });
    for (const action of ['pause', 'empty', 'obliterate', 'clean/completed'])
      expect([action, await act(`${QUEUE}/${action}`)]).toEqual([action, 405]);
    expect(await counts()).toMatchObject({ paused: false });
  });
});
