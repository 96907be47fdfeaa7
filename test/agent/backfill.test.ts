import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Agent } from '../../src/agent.ts';
import {
  type Backfill,
  changeBackfill,
  findBackfill,
  startBackfill,
} from '../../src/ledger/backfill-store.ts';
import type { Effect } from '../../src/sandbox/sandbox.ts';
import { startChildAgent } from '../support/child-agent.ts';
import { createGoodsTable, goodsTableMap } from '../support/goods-table.ts';
import { order, type Setup, startSetup } from '../support/running-agent.ts';
import { availableStores, describeOnEachDialect, type Store } from '../support/stores.ts';
import { until } from '../support/until.ts';

const ALL = { entity: 'goods', account: 'default', force: false, since: undefined };

function mapFor(store: Store) {
  return goodsTableMap(store.name.includes('MariaDB') ? 'mysql' : 'postgres');
}

async function untilState({ database }: Agent, id: number, state: Backfill['state']): Promise<Backfill> {
  const isThere = async (): Promise<Backfill | undefined> => {
    const backfill = await findBackfill(database, id);
    return backfill?.state === state ? backfill : undefined;
  };
  return until(`backfill ${id} is ${state}`, isThere, 120_000);
}

async function capturedGoods({ database }: Agent): Promise<number> {
  const rows = await database.kysely
    .selectFrom('ctg_tally')
    .select('value')
    .where('entity', '=', 'goods')
    .where('counter', '=', 'captured')
    .execute();
  return rows.reduce((sum, { value }) => sum + Number(value), 0);
}

async function start({ agent }: Setup): Promise<number> {
  const { backfill } = await startBackfill(agent.database, ALL);
  agent.backfills.wake();
  return backfill.id;
}

describeOnEachDialect('a backfill', (store) => {
  let setup: Setup;
  const effects: Effect[] = [];
  beforeEach(async () => {
    effects.length = 0;
    const sandbox = { onEffect: (effect: Effect) => void effects.push(effect) };
    setup = await startSetup(store, { sandbox, sources: new Map([['goods', mapFor(store)]]) });
  });
  afterEach(() => setup.stop());

  const arrived = (name: string): number => effects.filter((effect) => effect.interface === name).length;

  it('sends every record once; a second one finds them unchanged', async () => {
    await createGoodsTable(setup.agent.database, 734);
    const id = await start(setup);
    expect(await untilState(setup.agent, id, 'done')).toMatchObject({
      records: 734,
      total: 734,
      pages: 2,
    });
    await setup.untilSettled();
    expect(Object.keys(setup.sandbox.state().goods)).toHaveLength(734);
    const sent = arrived('list-goods');
    const again = await start(setup);
    expect(again).not.toBe(id);
    await untilState(setup.agent, again, 'done');
    await setup.untilSettled();
    expect(arrived('list-goods')).toBe(sent);
    expect(await capturedGoods(setup.agent)).toBe(1_468);
  });

  it('leaves a live order its place: it arrives long before the end', async () => {
    await createGoodsTable(setup.agent.database, 20_000);
    const id = await start(setup);
    await until('it is well under way', () => arrived('list-goods') > 300);
    const before = arrived('list-goods');
    await setup.change(order('SO-1'));
    const index = await until('the order has arrived', () => {
      const at = effects.findIndex((effect) => effect.interface === 'place-order');
      return at === -1 ? undefined : at;
    });
    const between =
      effects.slice(0, index).filter((effect) => effect.interface === 'list-goods').length - before;
    // What waits in the outbox and in the queue is two pages and a half at most; the rest of 20,000 is not ahead of it.
    expect(between).toBeLessThan(2_500);
    await changeBackfill(setup.agent.database, id, 'cancel');
  });

  it('hands over no more than is sent', async () => {
    await createGoodsTable(setup.agent.database, 6_000);
    setup.sandbox.setFaults([{ interface: 'list-goods', kind: 'latency', ms: 1_500 }]);
    const id = await start(setup);
    await until('the slow platform has taken some', () => arrived('list-goods') > 150);
    const backfill = await findBackfill(setup.agent.database, id);
    expect(backfill?.state).toBe('running');
    expect(backfill?.records).toBeLessThanOrEqual(2_500);
    await changeBackfill(setup.agent.database, id, 'cancel');
    setup.sandbox.clearFaults();
  });

  it('is paused, resumed and cancelled where it stands', async () => {
    await createGoodsTable(setup.agent.database, 2_000);
    const { database } = setup.agent;
    const id = await start(setup);
    await until('it is under way', async () => (await findBackfill(database, id))?.records);
    const paused = await changeBackfill(database, id, 'pause');
    expect(paused).toMatchObject({ state: 'paused' });
    await setup.untilSettled();
    const still = await findBackfill(database, id);
    expect(still).toMatchObject({ state: 'paused', records: 'records' in paused ? paused.records : -1 });
    expect(await startBackfill(database, ALL)).toMatchObject({ joined: true, backfill: { id } });
    expect(await changeBackfill(database, id, 'resume')).toMatchObject({ state: 'running' });
    setup.agent.backfills.wake();
    await untilState(setup.agent, id, 'done');
    expect(await changeBackfill(database, id, 'cancel')).toMatchObject({ kind: 'refused', code: 'CONFLICT' });
    expect(await capturedGoods(setup.agent)).toBeGreaterThan(0);
    await setup.untilSettled();
    expect(await capturedGoods(setup.agent)).toBe(2_000);
  });
});

describeOnEachDialect('a backfill of records that cannot be read', (store) => {
  it('fails with the reason, and goes on from there when it is resumed', async () => {
    const setup = await startSetup(store, { sources: new Map([['goods', mapFor(store)]]) });
    try {
      const id = await start(setup);
      const failed = await untilState(setup.agent, id, 'failed');
      expect(failed.reason).toContain('erp_part');
      await createGoodsTable(setup.agent.database, 3);
      expect(await changeBackfill(setup.agent.database, id, 'resume')).toMatchObject({ state: 'running' });
      expect(await untilState(setup.agent, id, 'done')).toMatchObject({ records: 3, reason: undefined });
    } finally {
      await setup.stop();
    }
  });
});

for (const store of availableStores().filter(({ name }) => name.endsWith('+ Redis'))) {
  describe(`a backfill and several agents (${store.name})`, () => {
    let setup: Setup;
    let directory: string;
    beforeEach(async () => {
      const map = mapFor(store);
      setup = await startSetup(store, {
        sources: new Map([['goods', map]]),
        env: { BACKFILL_RATE_LIMIT: '1000' },
      });
      directory = mkdtempSync(join(tmpdir(), 'ctg-sync-backfill-'));
      const { entity: _entity, ...written } = map;
      writeFileSync(join(directory, 'sources.yaml'), stringify({ goods: written }));
      await createGoodsTable(setup.agent.database, 2_500);
    });
    afterEach(async () => {
      rmSync(directory, { recursive: true, force: true });
      await setup.stop();
    });

    it('is written once, whoever writes a page', async () => {
      await Promise.all([setup.startAnother(), setup.startAnother()]);
      const id = await start(setup);
      expect(await untilState(setup.agent, id, 'done')).toMatchObject({ records: 2_500, pages: 6 });
      await setup.untilSettled();
      expect(await capturedGoods(setup.agent)).toBe(2_500);
      expect(Object.keys(setup.sandbox.state().goods)).toHaveLength(2_500);
    });

    it('goes on elsewhere when its agent is killed, and loses and repeats no page', async () => {
      const sources = { CTG_SOURCES_FILE: join(directory, 'sources.yaml') };
      await setup.agent.backfills.stop();
      const child = await startChildAgent({ ...setup.env, ...sources, AGENT_ID: 'doomed' });
      const id = (await startBackfill(setup.agent.database, ALL)).backfill.id;
      await until('the first agent is at it', async () => {
        const backfill = await findBackfill(setup.agent.database, id);
        return backfill?.agent === 'doomed' && backfill.records > 500;
      });
      await child.kill();
      expect((await findBackfill(setup.agent.database, id))?.state).toBe('running');
      await setup.startAnother({ AGENT_ID: 'heir' });
      expect(await untilState(setup.agent, id, 'done')).toMatchObject({ records: 2_500, agent: 'heir' });
      await setup.untilSettled();
      expect(await capturedGoods(setup.agent)).toBe(2_500);
      expect(Object.keys(setup.sandbox.state().goods)).toHaveLength(2_500);
    });
  });
}
