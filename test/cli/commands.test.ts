import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AdminSetup, startAdminSetup } from '../admin/running-admin.ts';
import { goods, order } from '../support/running-agent.ts';
import { anyStore } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { createWorkplace, type Workplace } from './running-command.ts';

const TOKEN = 'admin-token-0123456789';

describe('commands that act on a running agent', () => {
  let setup: AdminSetup;
  let place: Workplace;
  beforeEach(async () => {
    setup = await startAdminSetup(anyStore(), { env: { ADMIN_TOKEN: TOKEN } });
    place = createWorkplace({ CTG_SYNC_URL: setup.url, ADMIN_TOKEN: TOKEN });
  });
  afterEach(async () => {
    place.remove();
    await setup.stop();
  });

  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await place.run([...args, '--json']);
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  };

  it('import stores JSONL, and the same file only once', async () => {
    const lines = [goods('G-1'), goods('G-2')].map((each) => JSON.stringify(each));
    const file = place.write('changes.jsonl', lines.join('\n'));
    expect(await json('import', file)).toMatchObject({ changes: 2, stored: 2 });
    await place.run(['import', file]);
    await setup.untilState('goods', 'G-2', 'accepted');
    await setup.untilSettled();
    expect((await json('status')).balance).toMatchObject({ captured: 2, accepted: 2 });
  });

  it('import reads CSV as Excel writes it in China, quotes and all', async () => {
    const text = 'goodsId,name,oeNumber,stock,price,brand\r\nG-1,"A,""B"" \r\nC",OE,3,12.50,\r\n';
    const gbk = Buffer.concat([
      Buffer.from(text),
      Buffer.from([0x47, 0x2d, 0x32, 0x2c, 0xbb, 0xf0, 0xbb, 0xa8, 0xc8, 0xfb]),
      Buffer.from(',OE,4,1,NGK'),
    ]);
    const file = place.write('goods.csv', gbk);
    const result = await json('import', file, '--entity', 'goods', '--key', 'goodsId');
    expect(result).toMatchObject({ changes: 2, stored: 2, encoding: 'gb18030' });
    await setup.untilState('goods', 'G-1', 'accepted');
    await setup.untilState('goods', 'G-2', 'accepted');
    const held = setup.sandbox.state().goods;
    expect(held['13800000000/G-2']?.lastBody).toMatchObject({ info: { goods_name: '火花塞' } });
    expect(held['13800000000/G-1']?.lastBody).toMatchObject({
      stock: 3,
      info: { goods_name: 'A,"B" \r\nC' },
    });
  });

  it('import names every faulty line, and stores nothing of the file', async () => {
    const file = place.write(
      'bad.jsonl',
      `${JSON.stringify(goods('G-1'))}\n{"entity":"god","key":"1"}\n\nnonsense\n`,
    );
    const { code, stderr } = await place.run(['import', file]);
    expect(code).toBe(1);
    expect(stderr).toContain('2 of 3 lines');
    expect(stderr).toMatch(/line 2: entity .*did you mean "goods"/);
    expect(stderr).toContain('line 4: is not JSON');
    expect((await json('status')).balance.captured).toBe(0);
  });

  it('status, show, accounts and dead list tell people and programs the same', async () => {
    await setup.change(order('SO-1'), goods('BAD', { price: 'cheap' }));
    const placed = await setup.untilState('order', 'SO-1', 'accepted');
    await setup.untilSettled();
    const status = await place.run(['status']);
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining('(balanced)') });
    const shown = await place.run(['show', 'order', 'SO-1']);
    expect(shown.stdout).toContain(`at the platform as ${placed.platform_id}`);
    expect((await json('show', 'order', 'SO-1')).deliveries[0].idempotencyKey).toBe(placed.idempotency_key);
    expect(Object.keys(await json('accounts'))).toEqual(['default']);
    const dead = await json('dead', 'list');
    expect(dead).toEqual([expect.objectContaining({ key: 'BAD', state: 'rejected' })]);
    expect((await place.run(['dead', 'list'])).stdout).toContain('price: must be a number');
  });

  it('dead retry and dead drop do what they say, and fail where the agent refuses', async () => {
    setup.sandbox.setFaults([{ interface: 'list-goods', kind: 'reject', msg: '商品未审核', times: 2 }]);
    await setup.change(goods('G-1'), goods('G-2'));
    const one = await setup.untilState('goods', 'G-1', 'rejected');
    const two = await setup.untilState('goods', 'G-2', 'rejected');
    expect(await json('dead', 'retry', String(one.id))).toEqual({ retried: 1, skipped: [] });
    await setup.untilState('goods', 'G-1', 'accepted');
    expect(await json('dead', 'drop', String(two.id), '--note', '不再销售')).toEqual({
      dropped: [two.id],
      refused: [],
    });
    expect((await place.run(['dead', 'drop', String(two.id), '--note', 'x'])).code).toBe(1);
    expect((await place.run(['dead', 'retry', String(one.id)])).code).toBe(1);
    expect((await place.run(['dead', 'list'])).stdout).toContain('There are none.');
  });

  it('bind, poll and resync answer in words', async () => {
    const bound = await place.run(['bind', 'order', 'SO-7', 'CTG-7']);
    expect(bound).toMatchObject({ code: 0, stdout: expect.stringContaining('SO-7 is bound to CTG-7') });
    expect(await json('poll', 'logins')).toEqual({ queued: 'logins' });
    await until('the log-in is known', async () => (await json('accounts')).default.login === 'accepted');
    const resync = await place.run(['resync', 'goods', '--all']);
    expect(resync).toMatchObject({ code: 1, stderr: expect.stringContaining('CTG_SOURCES_FILE') });
  });

  it('say what is wrong with a token, an address and their use', async () => {
    const wrong = await place.run(['status'], { ADMIN_TOKEN: 'another-token-0123456789' });
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('ADMIN_TOKEN') });
    const nobody = await place.run(['status'], { CTG_SYNC_URL: 'http://127.0.0.1:9' });
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('ctg-sync start') });
    for (const args of [
      ['nonsense'],
      ['show', 'order'],
      ['resync', 'goods'],
      ['reconcile'],
      ['reconcile', 'god'],
      ['reconcile', 'goods', '--list', '--repair'],
      ['reconcile', '--report', 'x'],
      ['dead', 'retry'],
      ['dead', 'drop', '1'],
      [],
    ]) {
      expect([args, (await place.run(args)).code]).toEqual([args, 2]);
    }
    const setting = await place.run(['status'], { HTTP_PORT: 'many' });
    expect(setting).toMatchObject({ code: 1, stderr: expect.stringMatching(/^HTTP_PORT: .*Fix:/) });
  });
});

describe('commands that need no agent', () => {
  let place: Workplace;
  beforeAll(() => {
    place = createWorkplace();
  });
  afterAll(() => place.remove());

  it('have a version and help with examples', async () => {
    expect(await place.run(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    const help = await place.run(['--help']);
    expect(help.code).toBe(0);
    for (const word of [
      'start',
      'demo',
      'migrate',
      'doctor',
      'sandbox',
      'status',
      'show',
      'resync',
      'reconcile',
      'backfill',
      'dead',
      'import',
      'poll',
      'bind',
      'accounts',
      'call',
      'Examples',
    ]) {
      expect(help.stdout).toContain(word);
    }
    expect((await place.run(['resync', '--help'])).stdout).toContain('--dry-run');
  });
});
