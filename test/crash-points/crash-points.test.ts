import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeOutbox } from '../../src/erp/outbox.ts';
import { readSummary } from '../../src/ledger/balance.ts';
import type { Transport } from '../../src/platform/transport.ts';
import type { Fault, Sandbox } from '../../src/sandbox/sandbox.ts';
import { customer, goods, order } from '../support/running-agent.ts';
import { type AgentParts, buildAgent } from './agent-parts.ts';
import { Death, type Life, liveFor, openMortalDatabase } from './mortal.ts';
import type { MortalStore } from './mortal-store.ts';
import { type MortalWorld, startMortalWorld } from './mortal-world.ts';
import { type Added, addedSince, platformHolds } from './platform-holds.ts';

type Changes = readonly { readonly entity: string; readonly key: string; readonly payload: unknown }[];

/** What happens in one life for each kind of interface; `n` keeps the records of one death apart from the others'. */
const KINDS: Readonly<Record<string, (n: number) => readonly Changes[]>> = {
  'goods, of which the newest state counts': (n) => [
    [goods(`G-${n}`, { stock: 1 })],
    [goods(`G-${n}`, { stock: 2 })],
  ],
  'a customer, which is looked for before it is added': (n) => [
    [customer(`C-${n}`)],
    [customer(`C-${n}`, { address: '苏州市' })],
  ],
  'a relation and a discount': (n) => [
    [relation(`${n}`), discount(`${n}`)],
    [relation(`${n}`, '2'), discount(`${n}`, '88.00')],
  ],
  'an order with its reminders': (n) => [[order(`SO-${n}`, ['S1', 'S2'])]],
  'an order, its shipment and its receipt': (n) => [[shipment(n), order(`SO-${n}`)], [receipt(n)]],
  'an order that the platform takes in parts': (n) => [[order(`SO-${n}`, ['S1', 'S2'])]],
  'an acceptance': (n) => [
    [{ entity: 'order_acceptance', key: `AC-${n}`, payload: { companyId: '88', orderId: `PX-${n}` } }],
  ],
  'a return that is confirmed': (n) => [
    [{ entity: 'return_confirmation', key: `RT-${n}`, payload: returned(n) }],
  ],
  'a rule of the goods list': (n) => [
    [
      {
        entity: 'goods_list_rule',
        key: `L-${n}`,
        payload: { enterpriseId: 'E1', goodsId: `G${n}`, list: 'black' },
      },
    ],
  ],
};

/** What each life must have added to the platform, once. Records that stand in one row each are named by their values. */
const ADDED: Readonly<Record<keyof typeof KINDS, (n: number, added: Added) => Added>> = {
  'goods, of which the newest state counts': (n) => ({ [`goods G-${n} 2`]: 1 }),
  'a customer, which is looked for before it is added': (n) => ({ [`customer 汽修厂C-${n} 苏州市`]: 1 }),
  'a relation and a discount': (n) => ({ [`relation T-${n} 2`]: 1, [`discount D-${n} 8800`]: 1 }),
  'an order with its reminders': () => ({ orders: 1, lines: 2, reminders: 2 }),
  'an order, its shipment and its receipt': () => ({
    orders: 1,
    lines: 1,
    reminders: 1,
    shipments: 1,
    receipts: 1,
  }),
  // The rest is another order there, or a part of the same one where its first line was sent again with it.
  'an order that the platform takes in parts': (_n, { orders = 0 }) => ({
    orders: Math.min(Math.max(orders, 1), 2),
    lines: 2,
    reminders: 2,
  }),
  'an acceptance': () => ({ acceptances: 1 }),
  'a return that is confirmed': () => ({ returns: 1 }),
  'a rule of the goods list': () => ({ rules: 1 }),
};

const FAULTS: Readonly<Partial<Record<keyof typeof KINDS, readonly Fault[]>>> = {
  'an order that the platform takes in parts': [
    { kind: 'partial', lines: 1, times: 1, interface: 'place-order' },
  ],
};

const logistics = { logisticsId: 'L1', logisticsName: '顺丰', logisticsOrder: 'W1' };
const returned = (n: number): unknown => ({ companyId: '88', orderId: `PR-${n}`, goodsId: 'G-1' });
const shipment = (n: number) => ({
  entity: 'shipment',
  key: `SH-${n}`,
  payload: { orderKey: `SO-${n}`, ...logistics },
});
const receipt = (n: number) => ({
  entity: 'receipt',
  key: `RC-${n}`,
  payload: { orderKey: `SO-${n}`, ...logistics },
});
const relation = (key: string, relationId = '1') => ({
  entity: 'customer_relation',
  key: `R-${key}`,
  payload: { enterpriseId: 'E1', targetEnterpriseId: `T-${key}`, relationId },
});
const discount = (key: string, value = '98.50') => ({
  entity: 'customer_discount',
  key: `D-${key}`,
  payload: { enterpriseId: 'E1', relationId: `D-${key}`, goodsId: '*', discount: value },
});

describe('a process that dies at any step', () => {
  let world: MortalWorld;
  let sandbox: Sandbox;
  let store: MortalStore;
  let transport: Transport;
  let records = 0;
  beforeAll(async () => {
    world = await startMortalWorld();
    ({ sandbox, store, transport } = world);
  });
  afterAll(() => world.end());

  const agentFor = (life: Life): AgentParts =>
    buildAgent({ store, life, transport, platformUrl: sandbox.url });

  /** One life: ends when nothing is owed, or with its death. */
  const live = async (life: Life): Promise<void> => {
    const agent = agentFor(life);
    try {
      await agent.begin();
      await agent.finish();
    } catch (error) {
      if (!life.dead) throw error;
    }
  };

  for (const [name, changesOf] of Object.entries(KINDS)) {
    it(`leaves everything to the next one: ${name}`, async () => {
      const erp = openMortalDatabase(store, liveFor());
      let deaths = 0;
      for (let steps = 1; ; steps++) {
        const n = ++records;
        const before = platformHolds(sandbox.state());
        const captured = (await readSummary(erp)).balance.captured;
        sandbox.setOrderStatus(`PX-${n}`, 1);
        sandbox.setOrderStatus(`PR-${n}`, 60);
        sandbox.setFaults(FAULTS[name] ?? []);
        const life = liveFor(steps);
        for (const changes of changesOf(n)) {
          const entries = changes.map((each) => ({ account: 'default', op: 'upsert' as const, ...each }));
          await writeOutbox(erp.kysely, entries);
          await live(life);
          if (life.dead) await live(liveFor());
        }
        const summary = await readSummary(erp);
        expect(summary.difference, `died at step ${steps}`).toBe(0);
        const { open, inDoubt, rejected, dropped } = summary.balance;
        expect({ open, inDoubt, rejected, dropped }, `died at step ${steps}`).toEqual({
          open: 0,
          inDoubt: 0,
          rejected: 0,
          dropped: 0,
        });
        expect(sandbox.state().violations, `died at step ${steps}`).toEqual([]);
        const added = addedSince(before, platformHolds(sandbox.state()));
        expect(added, `died at step ${steps}`).toEqual(ADDED[name]?.(n, added));
        // What the ERP committed, and a reminder for each that the platform holds.
        const changes = changesOf(n).flat().length + (added.reminders ?? 0);
        expect(summary.balance.captured - captured, `died at step ${steps}`).toBe(changes);
        if (!life.dead) break;
        deaths++;
      }
      expect(deaths).toBeGreaterThan(40);
    }, 240_000);
  }

  it('shows each status to the ERP once, whatever poll it dies in', async () => {
    const erp = openMortalDatabase(store, liveFor());
    await writeOutbox(erp.kysely, [{ account: 'default', op: 'upsert', ...order('SO-polled') }]);
    await live(liveFor());
    const { platform_id: orderId } = await erp.kysely
      .selectFrom('ctg_binding')
      .select('platform_id')
      .where('entity_key', '=', 'SO-polled')
      .executeTakeFirstOrThrow();
    const setWatches = (next: Date | null, comparison: '=' | '<>') =>
      erp.kysely
        .updateTable('ctg_watch')
        .set({ next_at: next })
        .where('entity_key', comparison, 'SO-polled')
        .execute();
    await setWatches(null, '<>');
    const due = () => setWatches(new Date(0), '=');
    const history: number[] = [];
    for (let steps = 1; ; steps++) {
      const life = liveFor(steps);
      const status = 1 + (steps % 2);
      sandbox.setOrderStatus(orderId ?? '', status);
      history.push(status);
      await due();
      await agentFor(life)
        .poll()
        .catch((error: unknown) => expect(error).toBeInstanceOf(Death));
      await due();
      await agentFor(liveFor()).poll();
      if (!life.dead) break;
    }
    const inbox = await erp.kysely
      .selectFrom('ctg_inbox')
      .select('status')
      .where('entity_key', '=', 'SO-polled')
      .orderBy('id')
      .execute();
    expect(inbox.map(({ status }) => Number(status))).toEqual(history);
    expect(history.length).toBeGreaterThan(5);
  });
});
