import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { INTERFACES } from '../../src/mappers/registry.ts';
import {
  ACCOUNT,
  LOGIN_CASES,
  NOT_APPLICABLE,
  type PlatformSide,
  POLL_CASES,
  type PollCase,
  PUSH_CASES,
  type PushCase,
  SCENARIOS,
  UNPROMPTED_DUPLICATES,
} from '../support/conformance-cases.ts';
import { type DeliveryRow, type Setup, startSetup } from '../support/running-agent.ts';
import { availableStores } from '../support/stores.ts';
import { until } from '../support/until.ts';

const store = availableStores().at(-1);
if (!store) throw new Error('There is no store to test on.');

let setup: Setup;
beforeAll(async () => {
  setup = await startSetup(store);
});
afterEach(() => setup.sandbox.clearFaults());
afterAll(() => setup.stop());

/** What the platform's own side does. */
const platform: PlatformSide = {
  setOrderStatus: (orderId, status) => setup.sandbox.setOrderStatus(orderId, status),
  post: async (name, body) => {
    const path = INTERFACES.find((each) => each.name === name)?.path ?? '';
    const credentials = { username: ACCOUNT, password: 'sandbox', sec: 'sandbox-sec' };
    const response = await fetch(setup.sandbox.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...credentials, ...body }),
    });
    expect(await response.json()).toMatchObject({ status: 0 });
  },
};

async function deliver(tried: PushCase): Promise<DeliveryRow> {
  const { entity, id, payload, meanwhile } = tried;
  tried.before?.(platform);
  setup.sandbox.setFaults(tried.faults);
  await setup.change({ entity, key: id, payload });
  if (meanwhile) {
    await until(`${entity} ${id} comes to ${meanwhile.outcome}`, async () =>
      (await setup.deliveries(entity, id)).some(({ outcome }) => outcome === meanwhile.outcome),
    );
    await meanwhile.act(platform);
  }
  return setup.untilState(entity, id, tried.expect.state);
}

async function outcomesOf({ id }: DeliveryRow): Promise<string[]> {
  const attempts = await setup.agent.database.kysely
    .selectFrom('ctg_attempt')
    .select('outcome')
    .where('delivery_id', '=', id)
    .orderBy('id')
    .execute();
  return attempts.map(({ outcome }) => outcome);
}

async function tryPush(tried: PushCase): Promise<void> {
  const delivery = await deliver(tried);
  const { sandbox } = setup;
  expect(sandbox.faults(), 'faults that did not strike').toEqual([]);
  expect(tried.effects(sandbox.state()), 'effects at the platform').toBe(tried.expect.effects);
  expect(await setup.deliveries(tried.entity, tried.id)).toHaveLength(1);
  if (tried.expect.attempts !== undefined) expect(delivery.attempts).toBe(tried.expect.attempts);
  if (tried.expect.reason !== undefined) expect(delivery.reason).toContain(tried.expect.reason);
  const outcomes = await outcomesOf(delivery);
  if (tried.scenario === 'busy') expect(outcomes).toContain('busy');
  if (tried.scenario.startsWith('in doubt')) expect(outcomes).toContain('in-doubt');
  expect(sandbox.state().violations).toEqual([]);
}

describe('every interface in every scenario', () => {
  it('is in the table: all 90 cells, tried or with the reason why not', () => {
    const wanted = INTERFACES.flatMap(({ name }) => SCENARIOS.map((scenario) => `${name}: ${scenario}`));
    const tried = [...PUSH_CASES, ...LOGIN_CASES, ...POLL_CASES, ...NOT_APPLICABLE];
    const cells = tried.map((each) => `${each.interface}: ${each.scenario}`);
    expect(wanted).toHaveLength(90);
    expect([...new Set(cells)].sort()).toEqual(wanted.sort());
    expect(PUSH_CASES.length + LOGIN_CASES.length + NOT_APPLICABLE.length).toBe(80);
  });

  it.each(NOT_APPLICABLE)(
    'has no case for $interface, $scenario: $reason',
    ({ interface: name, scenario }) => {
      const tried = [...PUSH_CASES, ...LOGIN_CASES, ...POLL_CASES];
      expect(tried.some((each) => each.interface === name && each.scenario === scenario)).toBe(false);
    },
  );

  describe('records that are carried', () => {
    it.each(PUSH_CASES)('$interface, $scenario: $expect.state, with $expect.effects effect', tryPush);

    it.each(UNPROMPTED_DUPLICATES)(
      '$interface is not taken for delivered because the platform speaks of a duplicate that was never sent',
      tryPush,
    );
  });

  describe('the log-in', () => {
    it.each(LOGIN_CASES)(
      '$scenario: the account is $first, and accepted in the end',
      async ({ faults, first }) => {
        const { agent, sandbox } = setup;
        const login = () => agent.logins.states().find((each) => each.account === 'default')?.login;
        sandbox.setFaults(faults);
        await agent.logins.renew('default');
        expect(sandbox.faults(), 'faults that did not strike').toEqual([]);
        // The agent asks by itself about an account that it does not know, so it may be a step ahead.
        expect(first === 'unknown' ? ['unknown', 'accepted'] : [first]).toContain(login());
        if (first === 'refused') await agent.logins.renew('default');
        await until('the log-in is accepted', () => login() === 'accepted');
        expect(agent.logins.companyOf('default')).toBe('E1001');
        expect(sandbox.state().counts.login?.effects ?? 0).toBe(0);
      },
    );
  });

  describe('the polls', () => {
    // A poll that failed is asked again after ten seconds: all of them wait together.
    beforeAll(async () => {
      setup.sandbox.setFaults(POLL_CASES.flatMap(({ faults }) => faults));
      for (const { before } of POLL_CASES) before?.(platform);
      await setup.change(...POLL_CASES.map(({ entity, id, payload }) => ({ entity, key: id, payload })));
      await until('every poll has shown its status', allShown, 60_000);
    });

    const inbox = ({ id, kind }: PollCase) =>
      setup.agent.database.kysely
        .selectFrom('ctg_inbox')
        .selectAll()
        .where('entity_key', '=', id)
        .where('kind', '=', kind)
        .execute();

    async function allShown(): Promise<boolean> {
      const rows = await setup.agent.database.kysely.selectFrom('ctg_inbox').select('entity_key').execute();
      const shown = new Set(rows.map((row) => row.entity_key));
      return POLL_CASES.every(({ id }) => shown.has(id));
    }

    it.each(POLL_CASES)('$interface, $scenario: the ERP sees status $status, once', async (tried) => {
      expect(await inbox(tried)).toMatchObject([{ status: tried.status, previous_status: null }]);
      const asked = setup.sandbox
        .requests()
        .filter(
          (each) => each.interface === tried.interface && JSON.stringify(each.body).includes(`"${tried.id}"`),
        );
      expect(asked[0]?.faults).toEqual(tried.faults.map(({ kind }) => kind));
      expect(asked.slice(1).every(({ faults }) => faults.length === 0)).toBe(true);
      expect(setup.sandbox.state().violations).toEqual([]);
    });
  });
});
