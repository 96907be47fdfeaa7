import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LoggedAgent, startLoggedAgent } from '../support/logged-agent.ts';
import { customer, goods, type Setup, startSetup } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';

describeOnEachDialect('the log', (store) => {
  let setup: Setup;
  let logged: LoggedAgent;
  beforeEach(async () => {
    setup = await startSetup(store);
    logged = await startLoggedAgent(setup.env);
    // From now on the one whose log is kept does all the work.
    await setup.agent.relay.stop();
    await setup.agent.queues.stopWorkers();
  });
  afterEach(async () => {
    await logged.agent.stop();
    await setup.stop();
  });

  it('has one line for each attempt, the good ones too, with its facts as fields', async () => {
    setup.sandbox.setFaults([{ interface: 'list-goods', kind: 'drop-after', times: 1 }]);
    await setup.change(goods('G-1'));
    await setup.untilState('goods', 'G-1', 'accepted');
    const [lost, sent, ...more] = await until('both are logged', () =>
      logged.lines('delivery').length >= 2 ? logged.lines('delivery') : undefined,
    );
    const facts = {
      delivery: expect.any(Number),
      account: 'default',
      entity: 'goods',
      key: 'G-1',
      interface: 'list-goods',
      sends: 1,
      ms: expect.any(Number),
    };
    expect(lost).toMatchObject({
      ...facts,
      level: 'warn',
      attempt: 1,
      outcome: 'in-doubt',
      state: 'in_doubt',
    });
    expect(sent).toMatchObject({
      ...facts,
      level: 'info',
      attempt: 2,
      outcome: 'accepted',
      state: 'accepted',
    });
    expect(more).toEqual([]);
  });

  it('names nobody and holds no secret', async () => {
    const msg = '客户 13900001111 的资料有误';
    setup.sandbox.setFaults([{ interface: 'customer', kind: 'reject', msg }]);
    await setup.change(customer('C-1'));
    const [line] = await until('it is rejected', () =>
      logged.lines('delivery').length > 0 ? logged.lines('delivery') : undefined,
    );
    expect(line).toMatchObject({ level: 'warn', reason: expect.stringContaining('139********') });
    for (const text of ['13900001111', '上海市', 'sandbox-sec', '"sandbox"'])
      expect(logged.text()).not.toContain(text);
  });
});
