import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type AdminSetup, startAdminSetup } from '../admin/running-admin.ts';
import { customer, goods, order } from '../support/running-agent.ts';
import type { Store } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { axeFaults, describeInBrowser, openBrowser, openPage } from './browser.ts';

const ADMIN = 'admin-token-0123456789';
const READONLY = 'looking-token-0123456789';

describeInBrowser('the console in a browser', (store) => {
  let browser: Browser;
  let setup: AdminSetup;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  afterEach(() => setup?.stop());

  const audit = () => setup.agent.database.kysely.selectFrom('ctg_audit').selectAll().orderBy('id').execute();

  it('finds an order by its number and by any of its keys, and tells its story', async () => {
    setup = await startAdminSetup(store);
    await setup.change(order('SO-1001', ['S1', 'S2']), customer('C-1'));
    await setup.untilState('order', 'SO-1001', 'accepted');
    await setup.untilState('customer', 'C-1', 'accepted');
    const { page, complaints } = await openPage(browser, setup);
    await page.goto('/');
    await page.keyboard.press('/');
    await page.keyboard.type('SO-1001');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '订单 SO-1001' }).waitFor();
    const [placed] = Object.values(setup.sandbox.state().orders);
    const text = await page.locator('#main').textContent();
    expect(text).toContain(placed?.order_id);
    for (const words of ['捕获改动', '已接受', '绑定平台编号']) expect(text).toContain(words);
    const [row] = await setup.deliveries('order', 'SO-1001');
    const keys = [...(row?.frozen ?? '').matchAll(/WEBERP\d+/g)].map(([key]) => key);
    expect(keys).toHaveLength(2);
    for (const asked of [...keys, String(placed?.order_id)]) {
      await page.goto(`/search?q=${asked}`);
      expect(new URL(page.url()).pathname).toBe('/records/order/SO-1001');
    }
    await page.goto('/search?q=139-0000-1111');
    expect(new URL(page.url()).pathname).toBe('/records/customer/C-1');
    expect(await page.locator('#main').textContent()).not.toContain('13900001111');
    expect(complaints).toEqual([]);
  });

  it('lets a rejected record go again, and drops another with a note that is kept', async () => {
    setup = await startAdminSetup(store);
    setup.sandbox.setFaults([{ interface: 'list-goods', kind: 'reject', msg: '商品未审核' }]);
    await setup.change(goods('G-1'), goods('G-2'));
    for (const key of ['G-1', 'G-2']) await setup.untilState('goods', key, 'rejected');
    setup.sandbox.clearFaults();
    const { page, complaints } = await openPage(browser, setup);
    await page.goto('/person');
    const first = page.locator('article', { hasText: 'G-1' });
    expect(await first.textContent()).toContain('商品未审核');
    await first.getByRole('button', { name: '重试' }).click();
    await setup.untilState('goods', 'G-1', 'accepted');
    await first.waitFor({ state: 'detached' });
    const second = page.locator('article', { hasText: 'G-2' });
    await second.getByText('放弃', { exact: true }).click();
    await second.getByRole('textbox', { name: /放弃的原因/ }).fill('测试数据');
    await second.getByRole('button', { name: '确认放弃' }).click();
    await setup.untilState('goods', 'G-2', 'dropped');
    await page.getByText('没有需要处理的记录').waitFor();
    expect(await audit()).toMatchObject([
      { actor: 'local', action: 'deliveries.retry', outcome: 'done' },
      { action: 'deliveries.drop', note: '测试数据', outcome: 'done', address: '127.0.0.1' },
    ]);
    await page.goto('/audit');
    expect(await page.locator('#main').textContent()).toContain('goods G-2');
    expect(complaints).toEqual([]);
  });

  it('binds the id that a held order lacks', async () => {
    setup = await startAdminSetup(store, { env: { RETRY_MAX_AGE_HOURS: '0.0001' } });
    setup.sandbox.setFaults([{ interface: 'place-order', kind: 'drop-after' }]);
    await setup.change(order('SO-1'));
    await setup.untilState('order', 'SO-1', 'held');
    setup.sandbox.clearFaults();
    const { page } = await openPage(browser, setup);
    await page.goto('/person');
    await page.getByText('绑定', { exact: true }).click();
    const [placed] = Object.values(setup.sandbox.state().orders);
    await page.getByRole('textbox', { name: '平台给出的编号' }).fill(String(placed?.order_id));
    await page.getByRole('button', { name: '确认绑定' }).click();
    await setup.untilState('order', 'SO-1', 'accepted');
    expect(await audit()).toMatchObject([{ action: 'bindings', outcome: 'done' }]);
  });

  it('pauses and resumes a queue in Bull Board, which loads nothing from elsewhere', async () => {
    setup = await startAdminSetup(store);
    const { page } = await openPage(browser, setup);
    const hosts = new Set<string>();
    page.on('requestfinished', (request) => hosts.add(new URL(request.url()).host));
    await page.goto('/queues/queue/list-goods');
    const queue = setup.agent.queues.all.find(({ name }) => name === 'list-goods');
    for (const [word, isPaused] of [
      ['pause', true],
      ['resume', false],
    ] as const) {
      await page.evaluate(
        (act) => fetch(`/queues/api/queues/list-goods/${act}`, { method: 'PUT' }).then(() => undefined),
        word,
      );
      await until(`it is ${word}d`, async () => (await queue?.isPaused()) === isPaused);
    }
    expect([...hosts]).toEqual([new URL(setup.url).host]);
    expect((await audit()).map(({ action }) => action)).toEqual(['queues.pause', 'queues.resume']);
  });

  it('speaks the language of the browser, and another when asked', async () => {
    setup = await startAdminSetup(store);
    const { page } = await openPage(browser, setup, { locale: 'en-GB' });
    await page.goto('/person');
    await page.getByRole('heading', { name: 'Needs a person' }).waitFor();
    await page.getByRole('link', { name: '中文' }).click();
    await page.getByRole('heading', { name: '待人工处理' }).waitFor();
    expect(page.url()).toBe(`${setup.url}/person`);
    await page.goto('/audit');
    await page.getByRole('heading', { name: '审计' }).waitFor();
  });

  it('shows the read-only token no buttons, and refuses it', async () => {
    setup = await startAdminSetup(store, { env: { ADMIN_TOKEN: ADMIN, ADMIN_TOKEN_READONLY: READONLY } });
    await setup.change(goods('BAD', { price: 'cheap' }));
    await setup.untilState('goods', 'BAD', 'rejected');
    const httpCredentials = { username: 'zhang', password: READONLY };
    const { page } = await openPage(browser, setup, { httpCredentials });
    await page.goto('/person');
    expect(await page.locator('article').textContent()).toContain('BAD');
    expect(await page.locator('.acts').count()).toBe(0);
    const status = await page.evaluate(() =>
      fetch('/v1/deliveries/1/retry', { method: 'POST', headers: { 'hx-request': 'true' } }).then(
        (reply) => reply.status,
      ),
    );
    expect(status).toBe(403);
    expect((await setup.deliveries('goods', 'BAD')).at(-1)?.state).toBe('rejected');
  });

  it('has no serious fault of accessibility on any page', async () => {
    setup = await startTroubled(store);
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, complaints } = await openPage(browser, setup, { colorScheme });
      for (const path of PAGES) {
        await page.goto(path);
        expect([path, colorScheme, await axeFaults(page)]).toEqual([path, colorScheme, []]);
      }
      expect(complaints).toEqual([]);
    }
  });

  it('fits a telephone', async () => {
    setup = await startTroubled(store);
    const { page } = await openPage(browser, setup, { viewport: { width: 390, height: 844 } });
    for (const path of PAGES) {
      await page.goto(path, { waitUntil: 'networkidle' });
      const width = await page.evaluate(
        () => Reflect.get(globalThis, 'document').documentElement.scrollWidth,
      );
      expect([path, width]).toEqual([path, 390]);
    }
  });
});

const PAGES = [
  '/',
  '/search',
  '/search?q=nothing',
  '/records/order/SO-1',
  '/person',
  '/reconcile',
  '/backfills',
  '/interfaces',
  '/interfaces/place-order',
  '/audit',
];

/** With something of everything on the pages. */
async function startTroubled(store: Store): Promise<AdminSetup> {
  const setup = await startAdminSetup(store);
  await setup.change(order('SO-1'), goods('BAD', { price: 'cheap' }), goods('G-1'));
  await setup.untilState('order', 'SO-1', 'accepted');
  await setup.untilState('goods', 'BAD', 'rejected');
  await setup.post('/v1/deliveries/999/retry');
  return setup;
}
