import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Agent } from '../../src/agent.ts';
import type { MirrorResult } from '../../src/jobs/mirror.ts';
import type { Fault } from '../../src/sandbox/sandbox.ts';
import { customer, type Setup, startSetup } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';

const LOGIN = { username: '13800000000', password: 'sandbox', sec: 'sandbox-sec' };
const SLOW_SECOND_PAGE: Fault = {
  kind: 'latency',
  ms: 400,
  interface: 'customer',
  where: { field: 'pageNum', equals: 2 },
};

describeOnEachDialect('the mirror', (store) => {
  let setup: Setup;
  beforeEach(async () => {
    setup = await startSetup(store, { env: { MIRROR_CRON: 'off', CTG_TIMEOUT_MS: '1000' } });
    // The log-in tells the company that relations and discounts are asked for.
    await setup.agent.logins.check();
  });
  afterEach(() => setup.stop());

  it('holds 120 customers of three pages, each with the hash that the same record has in its binding', async () => {
    await setup.change(customer('C-1'));
    await setup.untilState('customer', 'C-1', 'accepted');
    await addCustomers(setup, 1, 119);
    expect(await mirrorOf(setup, 'customer')).toMatchObject({ kind: 'complete', rows: 120, missing: 0 });
    expect(await present(setup, 'customer')).toEqual(customerIds(setup));
    const { kysely } = setup.agent.database;
    const binding = await kysely
      .selectFrom('ctg_binding')
      .selectAll()
      .where('entity_key', '=', 'C-1')
      .executeTakeFirstOrThrow();
    const row = (await rows(setup, 'customer')).find((each) => each.platform_id === binding.platform_id);
    expect(row).toMatchObject({ record: binding.record, content_hash: binding.content_hash });
  });

  it('walks once where nothing came or went, and twice where something did', async () => {
    await addCustomers(setup, 1, 120);
    await mirrorOf(setup, 'customer');
    expect(pagesAsked(setup)).toEqual([1, 2, 3, 1, 2, 3]);
    await mirrorOf(setup, 'customer');
    expect(pagesAsked(setup)).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3]);
  });

  it('keeps a row that the platform lost, says since when, and takes that back when it is there again', async () => {
    await addRelation(setup, 'E2001');
    await addRelation(setup, 'E2002');
    await mirrorOf(setup, 'customer_relation');
    await send(setup, '/crm/customer-relation', { op_type: 2, param: relation('E2001') });
    expect(await mirrorOf(setup, 'customer_relation')).toMatchObject({ kind: 'complete', missing: 1 });
    const [lost] = (await rows(setup, 'customer_relation')).filter((each) => each.missing_since);
    expect(lost?.identity).toBe('E1001|E2001');
    expect(await mirrorOf(setup, 'customer_relation')).toMatchObject({ kind: 'complete', missing: 0 });
    await addRelation(setup, 'E2001');
    await mirrorOf(setup, 'customer_relation');
    const [found] = await rows(setup, 'customer_relation');
    expect(found).toMatchObject({ identity: 'E1001|E2001', missing_since: null });
    expect(found?.first_seen).toEqual(lost?.first_seen);
  });

  it.each([
    ['is empty', false],
    ['knows them', true],
  ])(
    'that %s gives a true picture when one customer goes and another comes during the walk, though the total stays',
    async (_, knows) => {
      await addCustomers(setup, 1, 120);
      if (knows) await mirrorOf(setup, 'customer');
      setup.sandbox.setFaults([{ ...SLOW_SECOND_PAGE, times: 1 }]);
      const asked = secondPages(setup);
      const result = mirrorOf(setup, 'customer');
      await until('the second page is under way', () => secondPages(setup) > asked);
      const [gone] = customerIds(setup);
      await removeCustomer(setup, gone);
      await addCustomers(setup, 121, 1);
      expect(await result).toMatchObject({ kind: 'complete', rows: 120 });
      expect(await present(setup, 'customer')).toEqual(customerIds(setup));
    },
  );

  it('calls nothing missing while the list changes during every walk', async () => {
    await addCustomers(setup, 1, 120);
    await mirrorOf(setup, 'customer');
    const before = secondPages(setup);
    await removeCustomer(setup, customerIds(setup)[0]);
    setup.sandbox.setFaults([SLOW_SECOND_PAGE]);
    const result = mirrorOf(setup, 'customer');
    for (let walk = 1; walk <= 3; walk++) {
      await until(`walk ${walk} is at its second page`, () => secondPages(setup) === before + walk);
      await addCustomers(setup, 120 + walk, 1);
    }
    expect(await result).toMatchObject({ kind: 'moving', missing: 0 });
    expect((await rows(setup, 'customer')).filter((each) => each.missing_since)).toEqual([]);
    setup.sandbox.clearFaults();
    expect(await mirrorOf(setup, 'customer')).toMatchObject({ kind: 'complete', missing: 1 });
    expect(await present(setup, 'customer')).toEqual(customerIds(setup));
  });

  it.each<Fault>([
    { kind: 'drop-after' },
    { kind: 'garbage' },
    { kind: 'busy' },
    { kind: 'reject', msg: '查询失败' },
    { kind: 'status', code: 500 },
  ])('calls nothing missing after a failure in the middle: $kind', async (fault) => {
    await addCustomers(setup, 1, 120);
    await mirrorOf(setup, 'customer');
    await removeCustomer(setup, customerIds(setup)[0]);
    setup.sandbox.setFaults([{ ...fault, interface: 'customer', where: { field: 'pageNum', equals: 2 } }]);
    const asked = pagesAsked(setup).length;
    expect(await mirrorOf(setup, 'customer')).toMatchObject({ kind: 'failed', missing: 0 });
    expect(pagesAsked(setup).slice(asked)).toEqual([1, 2]);
    expect((await rows(setup, 'customer')).filter((each) => each.missing_since)).toEqual([]);
    setup.sandbox.clearFaults();
    await until('it is read again', async () => (await mirrorOf(setup, 'customer')).kind === 'complete');
    expect(await present(setup, 'customer')).toEqual(customerIds(setup));
  });

  it('stops asking for an account whose log-in is refused', async () => {
    setup.sandbox.setFaults([
      { kind: 'reject', msg: '用户不存在或密码不正确', interface: 'customer' },
      { kind: 'reject', msg: '用户不存在或密码不正确', interface: 'login' },
    ]);
    const results = await setup.agent.mirror.run();
    expect(results.map((each) => each.kind)).toEqual(['failed', 'failed', 'failed']);
    expect(setup.agent.logins.refused()).toEqual(['default']);
    expect(setup.sandbox.state().counts['customer-relation']).toBeUndefined();
  });

  it('holds relations, and discounts in the terms of the ERP', async () => {
    await addRelation(setup, 'E2001');
    for (let index = 0; index < 60; index++) await addDiscount(setup, index === 0 ? '*' : `G|${index}`);
    expect(await mirrorOf(setup, 'customer_discount')).toMatchObject({ kind: 'complete', rows: 60 });
    const [relationRow] = await rows(setup, 'customer_relation');
    expect(JSON.parse(relationRow?.record ?? '')).toEqual({
      enterpriseId: 'E1001',
      targetEnterpriseId: 'E2001',
      relationId: '3',
    });
    const discounts = await rows(setup, 'customer_discount');
    expect(discounts).toHaveLength(60);
    expect(discounts.map((each) => each.identity)).toContain('E1001|3|G%7C7');
    const forAll = discounts.find((each) => each.identity === 'E1001|3|*');
    expect(JSON.parse(forAll?.record ?? '')).toEqual({
      enterpriseId: 'E1001',
      relationId: '3',
      goodsId: '*',
      discount: '98.5',
    });
  });

  it('is made by the tick that the command "poll mirror" queues', async () => {
    await addCustomers(setup, 1, 3);
    await setup.agent.queues.enqueueTick('mirror', new Date());
    await until('the customers are mirrored', async () => (await rows(setup, 'customer')).length === 3);
  });

  it('of two agents at once is made by one of them', async () => {
    await addCustomers(setup, 1, 120);
    const other = await startRival(setup);
    setup.sandbox.setFaults([{ ...SLOW_SECOND_PAGE, ms: 300 }]);
    const runs = [setup.agent.mirror.run()];
    await until('the walk is under way', () => secondPages(setup) > 0);
    runs.push(other.mirror.run());
    const customers = (await Promise.all(runs)).flat().filter((each) => each.entity === 'customer');
    const kinds = customers.map((each) => each.kind);
    // The embedded store belongs to one agent: there the two runs are its own.
    expect(kinds).toEqual(other === setup.agent ? ['complete'] : ['complete', 'elsewhere']);
    expect(pagesAsked(setup)).toEqual([1, 2, 3, 1, 2, 3]);
  });

  it('of an agent that stops ends after the page under way', async () => {
    await addCustomers(setup, 1, 120);
    setup.sandbox.setFaults([SLOW_SECOND_PAGE]);
    const run = setup.agent.mirror.run();
    await until('the walk is under way', () => secondPages(setup) > 0);
    setup.agent.mirror.stop();
    expect((await run).map((each) => each.kind)).toEqual(['failed', 'failed', 'failed']);
    expect(pagesAsked(setup)).toEqual([1, 2]);
  });
});

function startRival(setup: Setup): Promise<Agent> | Agent {
  return setup.env.DATABASE_URL === undefined ? setup.agent : setup.startAnother();
}

async function mirrorOf(setup: Setup, entity: string): Promise<MirrorResult> {
  const result = (await setup.agent.mirror.run()).find((each) => each.entity === entity);
  if (!result) throw new Error(`Nothing was mirrored of ${entity}.`);
  return result;
}

function rows(setup: Setup, entity: string) {
  return setup.agent.database.kysely
    .selectFrom('ctg_mirror')
    .selectAll()
    .where('entity', '=', entity)
    .orderBy('identity')
    .execute();
}

async function present(setup: Setup, entity: string): Promise<string[]> {
  const all = await rows(setup, entity);
  return all
    .filter((each) => each.missing_since === null)
    .map((each) => each.identity)
    .sort();
}

function customerIds(setup: Setup): string[] {
  return Object.keys(setup.sandbox.state().customers).sort();
}

/** The pages of whole lists that were asked of the sandbox; a query for one customer has a name. */
function pagesAsked(setup: Setup): number[] {
  return setup.sandbox.requests().flatMap((request) => {
    const { op_type, param, pageNum } = request.body as {
      op_type?: number;
      param?: { name?: string };
      pageNum: number;
    };
    return request.interface === 'customer' && op_type === 4 && !param?.name ? [pageNum] : [];
  });
}

function secondPages(setup: Setup): number {
  return pagesAsked(setup).filter((page) => page === 2).length;
}

async function send(setup: Setup, path: string, body: object): Promise<void> {
  const response = await fetch(`${setup.sandbox.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...LOGIN, ...body }),
  });
  expect(await response.json()).toMatchObject({ status: 0 });
}

async function addCustomers(setup: Setup, first: number, count: number): Promise<void> {
  for (let index = first; index < first + count; index++) {
    const param = { id: '', name: `修理厂${index}`, phone: `139${index}`, address: '', trade: '' };
    await send(setup, '/crm/customer', { op_type: 1, param });
  }
}

async function removeCustomer(setup: Setup, id: string | undefined): Promise<void> {
  const param = { id: id ?? '', name: '', phone: '', address: '', trade: '' };
  await send(setup, '/crm/customer', { op_type: 2, param });
}

function relation(target: string) {
  return { id: '', enterprise_ID: 'E1001', target_enterprise_ID: target, relation_ID: '3' };
}

function addRelation(setup: Setup, target: string): Promise<void> {
  return send(setup, '/crm/customer-relation', { op_type: 1, param: relation(target) });
}

function addDiscount(setup: Setup, goods: string): Promise<void> {
  const param = { enterprise_ID: 'E1001', relation_ID: '3', goods_ID: goods, discount: 9850 };
  return send(setup, '/data/customer-discount', { op_type: 1, param });
}
