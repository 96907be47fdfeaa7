import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeOutbox } from '../../src/erp/outbox.ts';
import { insertDeliveries } from '../../src/ledger/relay-store.ts';
import type { Fault } from '../../src/sandbox/sandbox.ts';
import { customer, goods, order, type Setup, startSetup } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { waitingDelivery } from '../support/waiting-delivery.ts';

const DOUBTFUL: readonly Fault[] = [
  { kind: 'drop-before' },
  { kind: 'drop-after' },
  { kind: 'truncated' },
  { kind: 'garbage' },
  { kind: 'no-status' },
  { kind: 'wrong-sec' },
  { kind: 'hang-after' },
  { kind: 'hang' },
  { kind: 'status', code: 500, effect: true },
  { kind: 'status', code: 404 },
];

describeOnEachDialect('a platform that fails', (store) => {
  let setup: Setup;
  beforeEach(async () => {
    setup = await startSetup(store, { env: { CTG_TIMEOUT_MS: '500' } });
  });
  afterEach(() => setup.stop());

  it('gets every order line, reminder and customer exactly once, whatever happens to the answers', async () => {
    for (const [index, fault] of DOUBTFUL.entries()) {
      setup.sandbox.setFaults([{ ...fault, times: 2, interface: '*' }]);
      await setup.change(order(`SO-${index}`, ['S1', 'S2']), customer(`C-${index}`));
      await setup.untilState('order', `SO-${index}`, 'accepted');
      await setup.untilState('customer', `C-${index}`, 'accepted');
    }
    await setup.untilSettled();
    await until('all reminders are out', async () => {
      const reminders = await setup.deliveries('order_reminder');
      return reminders.length === DOUBTFUL.length * 2 && reminders.every((each) => each.state === 'accepted');
    });
    const state = setup.sandbox.state();
    expect(state.violations).toEqual([]);
    expect(Object.values(state.timestamps).every((line) => line.effects === 1)).toBe(true);
    expect(Object.keys(state.orders)).toHaveLength(DOUBTFUL.length);
    expect(Object.keys(state.customers)).toHaveLength(DOUBTFUL.length);
    expect(Object.values(state.reminders).every((reminder) => reminder.effects === 1)).toBe(true);
    expect(Object.keys(state.reminders)).toHaveLength(DOUBTFUL.length * 2);
  });

  it('may act when nobody waits any more: what it then did is found, and nothing overtakes it', async () => {
    setup.sandbox.setFaults([
      { kind: 'latency', ms: 900, times: 1, interface: 'customer', where: { field: 'op_type', equals: 1 } },
      { kind: 'latency', ms: 900, times: 1, interface: 'list-goods', where: { field: 'stock', equals: 1 } },
    ]);
    await setup.change(customer('C-1'), goods('G-1', { stock: 1 }));
    await setup.untilState('goods', 'G-1', 'in_doubt');
    await setup.change(goods('G-1', { stock: 77 }));
    await setup.untilSettled();
    await until('the platform is done', () => setup.sandbox.requests().every((each) => each.reply));
    const state = setup.sandbox.state();
    expect(state.violations).toEqual([]);
    expect(Object.keys(state.customers)).toHaveLength(1);
    expect(Object.values(state.goods).map((each) => each.lastBody.stock)).toEqual([77]);
    const doubts = await setup.agent.database.kysely
      .selectFrom('ctg_attempt')
      .select('message')
      .where('outcome', '=', 'in-doubt')
      .execute();
    expect(doubts.length).toBeGreaterThan(1);
  });

  it('may act when the ledger cannot be told that nobody waits any more: nothing is asked for twice', async () => {
    const agent = await setup.startAnother({ CTG_TIMEOUT_MS: '2000' });
    await setup.agent.stop();
    const { kysely, dialect } = agent.database;
    for (const statement of FAILING_ATTEMPTS[dialect].begin) await sql.raw(statement).execute(kysely);
    const isNew = { field: 'op_type', equals: 1 };
    setup.sandbox.setFaults([{ kind: 'latency', ms: 3_900, times: 1, interface: 'customer', where: isNew }]);
    await writeOutbox(kysely, [{ account: 'default', op: 'upsert', ...customer('C-1') }]);
    await until('it is asked', () => setup.sandbox.requests().length === 2);
    await pause(2_100);
    for (const statement of FAILING_ATTEMPTS[dialect].end) await sql.raw(statement).execute(kysely);
    await until(
      'it is bound',
      async () => (await kysely.selectFrom('ctg_binding').selectAll().execute()).length === 1,
    );
    await until('the platform is done', () => setup.sandbox.requests().every((each) => each.reply));
    expect(setup.sandbox.state().violations).toEqual([]);
    expect(Object.keys(setup.sandbox.state().customers)).toHaveLength(1);
  });

  it('may act after the end of the agent that asked: its successor does not ask for it again', async () => {
    const successor = await setup.startAnother({ CTG_TIMEOUT_MS: '3000', AGENT_ID: 'restarted' });
    await setup.agent.stop();
    const { kysely } = successor.database;
    const record = { name: '汽修厂', phone: '13900001111', address: '', trade: '' };
    const delivery = waitingDelivery('customer', 'C-1', {
      interface: 'customer',
      record: JSON.stringify(record),
    });
    const [ready] = await insertDeliveries(kysely, successor.database.dialect, [delivery]);
    await kysely.updateTable('ctg_delivery').set({ claimed_by: 'restarted', attempts: 1 }).execute();
    setup.sandbox.setFaults([{ kind: 'latency', ms: 1_000, times: 1, interface: 'customer' }]);
    const body = {
      username: '13800000000',
      password: 'sandbox',
      op_type: 1,
      param: record,
      sec: 'sandbox-sec',
    };
    const headers = { 'content-type': 'application/json' };
    const asked = fetch(`${setup.sandbox.url}/crm/customer`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    await until('it is asked', () => setup.sandbox.requests().length === 1);
    await successor.queues.enqueueDeliveries(ready ? [ready] : []);
    expect((await asked).status).toBe(200);
    await until(
      'it is bound',
      async () => (await kysely.selectFrom('ctg_binding').selectAll().execute()).length === 1,
    );
    expect(setup.sandbox.state().violations).toEqual([]);
    expect(Object.keys(setup.sandbox.state().customers)).toHaveLength(1);
  });

  it('gets only the lines that it did not acknowledge again, with the keys that they had', async () => {
    setup.sandbox.setFaults([{ kind: 'partial', lines: 1, times: 2, interface: 'place-order' }]);
    await setup.change(order('SO-1', ['S1', 'S2', 'S3']));
    const placed = await setup.untilState('order', 'SO-1', 'accepted');
    const state = setup.sandbox.state();
    expect(Object.values(state.timestamps).map((line) => line.effects)).toEqual([1, 1, 1]);
    expect(Object.values(state.timestamps).map((line) => line.sends)).toEqual([1, 1, 1]);
    expect(placed.frozen).toContain(Object.keys(state.timestamps)[2]);
    expect(state.violations).toEqual([]);
  });

  it('is asked for nothing twice when it refuses known keys; the missing order number is asked of a person', async () => {
    setup.sandbox.setResendMode('refuse');
    setup.sandbox.setFaults([{ kind: 'drop-after', times: 1, interface: 'place-order' }]);
    await setup.change(order('SO-1', ['S1', 'S2']));
    const held = await setup.untilState('order', 'SO-1', 'held');
    expect(held.reason).toContain('order number');
    const state = setup.sandbox.state();
    expect(Object.values(state.timestamps).map((line) => line.effects)).toEqual([1, 1]);
    expect(Object.keys(state.orders)).toHaveLength(1);
  });

  it('may refuse an order after a lost answer: a person decides, since the order may stand', async () => {
    setup.sandbox.setFaults([
      { kind: 'drop-after', times: 1, interface: 'place-order' },
      { kind: 'reject', times: 1, interface: 'place-order', msg: '下单失败' },
    ]);
    await setup.change(order('SO-1'));
    const held = await setup.untilState('order', 'SO-1', 'held');
    expect(held.reason).toContain('下单失败');
  });

  it('may refuse goods after a lost answer: what stands there is unknown, so the next change is sent whatever it is', async () => {
    await setup.change(goods('G-1', { price: '10' }));
    await setup.untilState('goods', 'G-1', 'accepted');
    setup.sandbox.setFaults([
      { kind: 'drop-after', times: 1, interface: 'list-goods' },
      { kind: 'reject', times: 1, interface: 'list-goods', msg: '上架商品失败' },
    ]);
    await setup.change(goods('G-1', { price: '12' }));
    await setup.untilState('goods', 'G-1', 'rejected');
    await setup.change(goods('G-1', { price: '10' }));
    await setup.untilState('goods', 'G-1', 'accepted');
    expect(setup.sandbox.state().goods['13800000000/G-1']?.lastBody.price).toBe(10);
  });

  it('may give an order number that another order has: that order is held, and the others go on', async () => {
    await setup.change(order('SO-1'));
    await setup.untilState('order', 'SO-1', 'accepted');
    setup.sandbox.reset();
    await setup.change(order('SO-2'), goods('G-1'));
    const held = await setup.untilState('order', 'SO-2', 'held');
    expect(held.reason).toContain('SO-1');
    await setup.untilState('goods', 'G-1', 'accepted');
    await setup.change(order('SO-3'));
    await setup.untilState('order', 'SO-3', 'accepted');
  });

  it('may reject in words: the ERP sees them, and other records go on', async () => {
    setup.sandbox.setFaults([
      { kind: 'reject', msg: '上架商品失败,品牌未授权', where: { field: 'goods_ID', equals: 'G-1' } },
    ]);
    await setup.change(goods('G-1'), goods('G-2'));
    await setup.untilState('goods', 'G-2', 'accepted');
    const rejected = await setup.untilState('goods', 'G-1', 'rejected');
    expect(rejected).toMatchObject({ reason: '上架商品失败,品牌未授权', attempts: 1 });
  });

  it('may be busy: that uses up no attempt', async () => {
    setup.sandbox.setFaults([
      { kind: 'busy', times: 2, interface: 'list-goods' },
      { kind: 'status', code: 429, times: 1, interface: 'list-goods' },
      { kind: 'status', code: 503, retryAfter: '0', times: 1, interface: 'list-goods' },
    ]);
    await setup.change(goods('G-1'));
    const accepted = await setup.untilState('goods', 'G-1', 'accepted');
    expect(accepted.attempts).toBe(1);
    const attempts = await setup.agent.database.kysely.selectFrom('ctg_attempt').select('outcome').execute();
    expect(attempts.map((each) => each.outcome)).toEqual(['busy', 'busy', 'busy', 'busy']);
  });

  it('may always fail for one record: its system stays open to the others', async () => {
    const where = { field: 'goods_ID', equals: 'G-poison' };
    setup.sandbox.setFaults([{ kind: 'status', code: 500, where }]);
    await setup.change(goods('G-poison'));
    await until('it was tried often', async () => {
      const [delivery] = await setup.deliveries('goods', 'G-poison');
      return (delivery?.attempts ?? 0) >= 8;
    });
    expect(setup.agent.gateway.circuits().data.state).toBe('closed');
    await setup.change(goods('G-sound'));
    await setup.untilState('goods', 'G-sound', 'accepted');
  });

  it('may lose one system: the others go on, and nothing is lost there either', async () => {
    setup.sandbox.setFaults([{ kind: 'drop-before', system: 'order' }]);
    await setup.change(...Array.from({ length: 20 }, (_, index) => order(`SO-${index}`)));
    await until('the order circuit is open', () => setup.agent.gateway.circuits().order.state !== 'closed');
    await setup.change(goods('G-1'));
    await setup.untilState('goods', 'G-1', 'accepted');
    const before = await setup.deliveries('order');
    setup.sandbox.clearFaults();
    await setup.untilSettled();
    expect(Object.keys(setup.sandbox.state().orders)).toHaveLength(20);
    expect(setup.sandbox.state().violations).toEqual([]);
    expect(before.every((each) => each.attempts < 10)).toBe(true);
  });

  it('may refuse the log-in: that account stops at once, and goes on when the log-in works', async () => {
    await until('the account is known', () => setup.agent.logins.companyOf('default'));
    setup.sandbox.setFaults([
      { kind: 'reject', msg: '用户不存在或密码不正确', times: 1, interface: 'list-goods' },
      { kind: 'reject', msg: '用户不存在或密码不正确', interface: 'login' },
    ]);
    await setup.change(goods('G-1'));
    await until('the account is refused', () => setup.agent.logins.refused().includes('default'));
    await setup.change(goods('G-2'), goods('G-3'));
    expect(setup.sandbox.state().counts['list-goods']?.requests).toBe(1);
    setup.sandbox.clearFaults();
    await setup.untilState('goods', 'G-1', 'accepted');
    await setup.untilState('goods', 'G-3', 'accepted');
    expect(setup.agent.logins.refused()).toEqual([]);
  });

  it('may be slow while a record changes: the newest state is the last that arrives', async () => {
    setup.sandbox.setFaults([{ kind: 'latency', ms: 60, interface: 'list-goods' }]);
    for (let stock = 0; stock < 30; stock++) {
      await setup.change(goods('G-1', { stock }));
      await until('it moves', () => (setup.sandbox.state().counts['list-goods']?.requests ?? 0) > 0);
    }
    await setup.untilSettled();
    expect(setup.sandbox.state().goods['13800000000/G-1']?.lastBody.stock).toBe(29);
  });

  describe('odd but right answers', () => {
    it.each(['string-status', 'indexed-data'] as const)('are understood: %s', async (kind) => {
      setup.sandbox.setFaults([{ kind }]);
      await setup.change(customer('C-1'), goods('G-1'), order('SO-1'));
      await setup.untilState('customer', 'C-1', 'accepted');
      await setup.untilState('goods', 'G-1', 'accepted');
      await setup.untilState('order', 'SO-1', 'accepted');
    });
  });
});

/** What a send came to cannot be written: the whole settlement fails. */
const FAILING_ATTEMPTS = {
  postgres: {
    begin: [
      `CREATE FUNCTION fail_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'no room'; END $$`,
      'CREATE TRIGGER fail_attempt BEFORE INSERT ON ctg_attempt FOR EACH ROW EXECUTE FUNCTION fail_attempt()',
    ],
    end: ['DROP TRIGGER fail_attempt ON ctg_attempt', 'DROP FUNCTION fail_attempt'],
  },
  mysql: {
    begin: [
      `CREATE TRIGGER fail_attempt BEFORE INSERT ON ctg_attempt FOR EACH ROW
       SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no room'`,
    ],
    end: ['DROP TRIGGER fail_attempt'],
  },
} as const;
