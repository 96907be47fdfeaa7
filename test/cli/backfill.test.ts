import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AdminSetup, startAdminSetup } from '../admin/running-admin.ts';
import { createGoodsTable, goodsTableMap } from '../support/goods-table.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { createWorkplace, type Workplace } from './running-command.ts';

describeOnEachDialect('resync --all, and backfill', (store) => {
  let setup: AdminSetup;
  let place: Workplace;
  beforeEach(async () => {
    const map = goodsTableMap(store.name.includes('MariaDB') ? 'mysql' : 'postgres');
    const env = { BACKFILL_RATE_LIMIT: '200' };
    setup = await startAdminSetup(store, { sources: new Map([['goods', map]]), env });
    place = createWorkplace({ CTG_SYNC_URL: setup.url });
  });
  afterEach(async () => {
    place.remove();
    await setup.stop();
  });

  it('follows to the end, in plain lines where there is no terminal', async () => {
    await createGoodsTable(setup.agent.database, 900);
    const { code, stdout, stderr } = await place.run(['resync', 'goods', '--all']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('Backfill 1 is done: 900 records of goods')]);
    expect(stderr).toMatch(/^\d+( of 900)? records of goods/);
    expect((await place.run(['backfill', 'list'])).stdout).toMatch(/1 +goods +all +done +900 +900/);
  });

  it('goes on in the agent after Ctrl-C, and says how to look again', async () => {
    await createGoodsTable(setup.agent.database, 900);
    const running = place.start(['resync', 'goods', '--all']);
    await until('it shows how far it is', () => running.output().includes('records of goods'));
    running.child.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect([code, stdout]).toEqual([130, expect.stringContaining('ctg-sync backfill follow 1')]);
    expect((await place.run(['backfill', 'follow', '1'])).stdout).toContain('is done: 900 records');
  });

  it('is started without waiting, joined, paused, resumed and cancelled', async () => {
    await createGoodsTable(setup.agent.database, 20_000);
    const started = await place.run(['resync', 'goods', '--all', '--no-wait']);
    expect(started).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Backfill 1 goes on in the agent'),
    });
    expect((await place.run(['backfill', 'pause', '1'])).stdout).toContain('is paused');
    const joined = await place.run(['resync', 'goods', '--all']);
    expect(joined.stderr).toContain('under way already');
    expect(joined.stdout).toContain('ctg-sync backfill resume 1');
    expect((await place.run(['backfill', 'resume', '1'])).stdout).toContain('goes on');
    expect((await place.run(['backfill', 'cancel', '1'])).stdout).toContain('was cancelled');
    expect(await place.run(['backfill', 'pause', '1'])).toMatchObject({ code: 1 });
    expect(await place.run(['backfill', 'pause', '7'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no backfill 7'),
    });
    expect((await place.run(['backfill', 'pause', 'x'])).code).toBe(2);
    expect((await place.run(['resync', 'goods', '--all', '--after', 'P-1'])).code).toBe(2);
  });
});
