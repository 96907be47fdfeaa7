import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SourceMap } from '../../src/config/source-map.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { type AdminSetup, startAdminSetup } from './running-admin.ts';

const COLUMNS = `part_no AS entity_key, part_no AS "goodsId", title AS name, oe AS "oeNumber", stock, price`;

function partsMap(quote: string): SourceMap {
  const columns = COLUMNS.replaceAll('"', quote);
  return {
    entity: 'goods',
    table: 'erp_part',
    key: ['part_no'],
    keySeparator: '|',
    select: `SELECT ${columns} FROM erp_part WHERE part_no IN (:keys)`,
    selectAll: `SELECT ${columns} FROM erp_part WHERE part_no > :after ORDER BY part_no LIMIT :limit`,
    changedSince: { column: 'changed_at' },
  };
}

describeOnEachDialect('POST /v1/resync', (store) => {
  let setup: AdminSetup;
  beforeEach(async () => {
    const quote = store.name.includes('MariaDB') ? '`' : '"';
    setup = await startAdminSetup(store, { sources: new Map([['goods', partsMap(quote)]]) });
    const { kysely } = setup.agent.database;
    await sql`CREATE TABLE erp_part (part_no VARCHAR(40) PRIMARY KEY, title VARCHAR(80), oe VARCHAR(40),
      stock INT, price DECIMAL(12,2), changed_at TIMESTAMP(3) NOT NULL)`.execute(kysely);
    for (let index = 1; index <= 5; index++) {
      await sql`INSERT INTO erp_part VALUES (${`P-${index}`}, '火花塞', 'OE', ${index}, 12.50, ${`2026-01-0${index} 08:00:00`})`.execute(
        kysely,
      );
    }
  });
  afterEach(() => setup.stop());

  const stocks = (): Record<string, unknown> =>
    Object.fromEntries(
      Object.values(setup.sandbox.state().goods).map((each) => [each.goods_ID, each.lastBody.stock]),
    );

  const untilDone = (id: number): Promise<unknown> =>
    until(`backfill ${id} has ended`, async () => {
      const { body } = await setup.get(`/v1/backfills/${id}`);
      return body.backfill.endedAt === null ? undefined : body.backfill;
    });

  it('has the agent send all records', async () => {
    const { status, body } = await setup.post('/v1/resync', { entity: 'goods', all: true });
    expect(status).toBe(202);
    expect(body).toMatchObject({
      joined: false,
      backfill: { entity: 'goods', since: null, state: 'running' },
    });
    const done = await untilDone(body.backfill.id);
    expect(done).toMatchObject({ state: 'done', records: 5, total: 5, reason: null });
    await setup.untilSettled();
    expect(stocks()).toEqual({ 'P-1': 1, 'P-2': 2, 'P-3': 3, 'P-4': 4, 'P-5': 5 });
  });

  it('has the agent send those that changed since a time', async () => {
    const since = '2026-01-04T16:00:00+08:00';
    const { body } = await setup.post('/v1/resync', { entity: 'goods', since });
    expect(body.backfill).toMatchObject({ since: '2026-01-04 08:00:00.000' });
    expect(await untilDone(body.backfill.id)).toMatchObject({ records: 2, total: 2 });
    await setup.untilSettled();
    expect(Object.keys(stocks()).sort()).toEqual(['P-4', 'P-5']);
  });

  it('foresees all records page by page', async () => {
    const pages: unknown[] = [];
    for (let after: string | undefined; ; ) {
      const asked = { entity: 'goods', all: true, dryRun: true, limit: 2, after };
      const { body } = await setup.post('/v1/resync', asked);
      pages.push({ next: body.next, done: body.done, add: body.would.add });
      if (body.done) break;
      after = body.next;
    }
    expect(pages).toEqual([
      { next: 'P-2', done: false, add: 2 },
      { next: 'P-4', done: false, add: 2 },
      { next: null, done: true, add: 1 },
    ]);
    expect(stocks()).toEqual({});
  });

  it('says what it would do, and does nothing', async () => {
    await setup.post('/v1/resync', { entity: 'goods', keys: ['P-1', 'P-2', 'P-3'] });
    for (const key of ['P-1', 'P-2', 'P-3']) await setup.untilState('goods', key, 'accepted');
    const { kysely } = setup.agent.database;
    await sql`UPDATE erp_part SET stock = 99 WHERE part_no = 'P-2'`.execute(kysely);
    await sql`DELETE FROM erp_part WHERE part_no = 'P-3'`.execute(kysely);
    await sql`UPDATE erp_part SET oe = NULL WHERE part_no = 'P-5'`.execute(kysely);
    const keys = ['P-1', 'P-2', 'P-3', 'P-4', 'P-5', 'P-9'];
    const { body } = await setup.post('/v1/resync', { entity: 'goods', keys, dryRun: true });
    expect(body).toMatchObject({
      dryRun: true,
      enqueued: 0,
      would: { add: 1, modify: 1, delete: 1, unchanged: 2, invalid: 1 },
      sample: [
        { key: 'P-1', would: 'unchanged' },
        { key: 'P-2', would: 'modify', changes: [{ field: 'stock', old: '2', new: '99' }] },
        { key: 'P-3', would: 'delete' },
        { key: 'P-4', would: 'add' },
        { key: 'P-5', would: 'invalid', reason: expect.stringContaining('oeNumber') },
        { key: 'P-9', would: 'unchanged' },
      ],
    });
    expect(stocks()).toEqual({ 'P-1': 1, 'P-2': 2, 'P-3': 3 });
  });

  it('sends what has not changed only when it is forced to', async () => {
    await setup.post('/v1/resync', { entity: 'goods', keys: ['P-1'] });
    await setup.untilState('goods', 'P-1', 'accepted');
    await setup.post('/v1/resync', { entity: 'goods', keys: ['P-1'] });
    await setup.untilSettled();
    expect(await setup.deliveries('goods', 'P-1')).toHaveLength(1);
    await setup.post('/v1/resync', { entity: 'goods', keys: ['P-1'], force: true });
    await setup.untilSettled();
    expect(await setup.deliveries('goods', 'P-1')).toHaveLength(2);
    expect(setup.sandbox.state().goods['13800000000/P-1']).toMatchObject({ sends: 2 });
  });

  it('says what it lacks', async () => {
    const noMap = await setup.post('/v1/resync', { entity: 'customer', all: true });
    expect(noMap).toMatchObject({ status: 409, body: { error: { code: 'NO_SOURCE_MAP' } } });
    const neither = await setup.post('/v1/resync', { entity: 'goods' });
    expect(neither).toMatchObject({ status: 422 });
    const after = await setup.post('/v1/resync', { entity: 'goods', all: true, after: 'P-1' });
    expect(after).toMatchObject({ status: 422, body: { error: { fix: expect.stringContaining('resume') } } });
    await sql`DROP TABLE erp_part`.execute(setup.agent.database.kysely);
    const unreadable = await setup.post('/v1/resync', { entity: 'goods', all: true });
    expect(unreadable).toMatchObject({ status: 409, body: { error: { code: 'SOURCE_UNREADABLE' } } });
  });
});
