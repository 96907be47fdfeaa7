import { afterEach, beforeEach, expect, it } from 'vitest';
import { goods, order } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { type AdminSetup, startAdminSetup } from './running-admin.ts';

describeOnEachDialect('GET /v1/status', (store) => {
  let setup: AdminSetup;
  beforeEach(async () => {
    setup = await startAdminSetup(store, { sources: new Map() });
  });
  afterEach(() => setup.stop());

  it('counts every change once, whatever became of it', async () => {
    await setup.change(
      goods('G-1'),
      goods('G-1', { stock: 3 }),
      goods('BAD', { price: 'cheap' }),
      order('SO-1'),
    );
    await setup.untilState('order', 'SO-1', 'accepted');
    await setup.untilSettled();
    await setup.change(goods('G-1', { stock: 3 }));
    const read = await until('all is counted', async () => {
      const { body } = await setup.get('/v1/status');
      return body.balance.unchanged === 1 ? body : undefined;
    });
    // The order led to one reminder, which is a change of its own.
    expect(read).toMatchObject({
      balance: {
        captured: 6,
        accepted: 3,
        rejected: 1,
        superseded: 1,
        unchanged: 1,
        dropped: 0,
        open: 0,
        inDoubt: 0,
      },
      balanced: true,
      difference: 0,
      lagSeconds: 0,
      entities: { goods: { accepted: 1, rejected: 1, superseded: 1, unchanged: 1 }, order: { accepted: 1 } },
      systems: { crm: { state: 'closed' }, order: { state: 'closed' } },
    });
    expect(read.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(read.agents).toHaveLength(1);
    expect(read.queues['list-goods']).toMatchObject({ waiting: 0, active: 0 });
    expect(JSON.stringify(read)).not.toContain('sandbox-sec');
  });

  it('is balanced at every moment while changes come and go', async () => {
    setup.sandbox.setFaults([{ interface: 'list-goods', kind: 'latency', ms: 2, rate: 0.5 }]);
    const writing = (async () => {
      for (let round = 0; round < 20; round++) {
        await setup.change(
          ...Array.from({ length: 15 }, (_, index) => goods(`G-${index % 7}`, { stock: round })),
        );
      }
    })();
    let asked = 0;
    await until('nothing is owed any more', async () => {
      const { body } = await setup.get('/v1/status');
      asked += 1;
      expect(body).toMatchObject({ difference: 0, balanced: true });
      return body.balance.captured === 300 && body.balance.open === 0 && body.balance.inDoubt === 0;
    });
    await writing;
    expect(asked).toBeGreaterThan(0);
  });

  it('tells of what is on its way, and how long already', async () => {
    setup.sandbox.setFaults([{ interface: 'list-goods', kind: 'busy' }]);
    await setup.change(goods('G-1'));
    const read = await until('there is a lag', async () => {
      const { body } = await setup.get('/v1/status');
      return body.lagSeconds > 0.3 && body.entities.goods?.waiting === 1 ? body : undefined;
    });
    expect(read.balance).toMatchObject({ captured: 1, open: 1 });
  });

  it('tells of the accounts, without secrets', async () => {
    await setup.post('/v1/polls/logins');
    const account = await until('the log-in is known', async () => {
      const { body } = await setup.get('/v1/status');
      return body.accounts.default.login === 'accepted' ? body.accounts.default : undefined;
    });
    expect(account.company).toEqual({ id: 'E1001', name: '示例汽配有限公司' });
  });

  it('says that it is ready and alive', async () => {
    expect(await setup.get('/readyz')).toMatchObject({ status: 200, body: { ready: true, reasons: [] } });
    expect(await setup.get('/healthz')).toMatchObject({ status: 200, body: { alive: true } });
  });

  it('knows its ticks by name', async () => {
    expect(await setup.post('/v1/polls/sweep')).toMatchObject({ status: 202, body: { queued: 'sweep' } });
    const unknown = await setup.post('/v1/polls/swep');
    expect(unknown).toMatchObject({
      status: 404,
      body: { error: { message: expect.stringContaining('"sweep"') } },
    });
  });
});
