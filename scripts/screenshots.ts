// Pictures of every page of the console, from an agent between the demo's ERP and the sandbox, for docs/console.md.
//
//   node scripts/screenshots.ts [directory]      needs Chromium and a Chinese font (apt-get install chromium fonts-wqy-zenhei)
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { startAdmin } from '../src/admin/server.ts';
import { fillErp } from '../src/demo/erp.ts';
import { openStage, type Stage } from '../src/demo/stage.ts';
import { requireBinary } from '../test/support/services/find-binary.ts';
import { until } from '../test/support/until.ts';

const DIRECTORY = process.argv[2] ?? fileURLToPath(new URL('../docs/images/console', import.meta.url));
const WIDTHS = [1280, 390] as const;

const PAGES = {
  overview: '/',
  search: '/search?q=13800000001',
  timeline: '/records/order/SO-1001',
  person: '/person',
  reconcile: '/reconcile',
  report: '/reconcile/1',
  backfills: '/backfills',
  interfaces: '/interfaces',
  interface: '/interfaces/place-order',
  audit: '/audit',
} as const;

const SHIPMENT = {
  orderKey: 'SO-1099',
  logisticsId: 'L-1',
  logisticsName: '顺丰速运',
  logisticsOrder: 'SF1300000001',
  courier: { id: 'K-1', name: '李师傅', tel: '13800002222' },
  sender: { id: 'E1001', name: '祎讯示例汽配', tel: '13800003333', address: '上海市闵行区' },
  receiver: { id: 'E2001', name: '华东滤清器批发', tel: '13800004444', address: '苏州市' },
};

const stage = await openStage({ port: 0, startAdmin });
const browser = await chromium.launch({ executablePath: requireBinary('chromium'), args: ['--no-sandbox'] });
try {
  mkdirSync(DIRECTORY, { recursive: true });
  await playScene(stage);
  for (const [name, path] of Object.entries(PAGES)) {
    for (const width of WIDTHS) await shoot(browser, { name: `${name}-${width}`, path, width });
  }
  await shoot(browser, { name: 'overview-en-1280', path: '/', width: 1280, locale: 'en-GB' });
} finally {
  await browser.close();
  await stage.close();
}

type Shot = {
  readonly name: string;
  readonly path: string;
  readonly width: number;
  readonly locale?: string;
};

async function shoot(browser: Browser, { name, path, width, locale = 'zh-CN' }: Shot): Promise<void> {
  const context = await browser.newContext({
    viewport: { width, height: 860 },
    locale,
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.goto(`${stage.adminUrl}${path}`, { waitUntil: 'networkidle' });
  writeFileSync(join(DIRECTORY, `${name}.png`), await page.screenshot({ fullPage: true }));
  await context.close();
}

/** A morning on which most things go well, and a few need a person. */
async function playScene({ sandbox, erp, agent, adminUrl }: Stage): Promise<void> {
  sandbox.setFaults([
    {
      kind: 'reject',
      interface: 'list-goods',
      msg: '商品未审核',
      where: { field: 'goods_ID', equals: 'QP-1012' },
    },
    {
      kind: 'partial',
      interface: 'place-order',
      lines: 1,
      where: { field: 'goods_id', equals: 'QP-1034' },
      times: 1,
    },
    {
      kind: 'reject',
      interface: 'place-order',
      msg: '卖家库存不足',
      where: { field: 'goods_id', equals: 'QP-1034' },
    },
    {
      kind: 'drop-after',
      interface: 'place-order',
      where: { field: 'goods_id', equals: 'QP-1001' },
      times: 1,
    },
  ]);
  await fillErp(erp);
  await erp
    .insertInto('ctg_outbox')
    .values([{ entity: 'shipment', entity_key: 'FH-2001', payload: JSON.stringify(SHIPMENT) }])
    .execute();
  await until('the morning is over', async () => {
    const { captured = 0, open = 0, inDoubt = 0 } = await readBalance(adminUrl);
    return captured > 90 && open <= 2 && inDoubt === 0;
  });
  for (const { order_id: id } of Object.values(sandbox.state().orders).slice(0, 5)) sandbox.advance(id);
  await until('the orders are seen', async () => {
    const rows = await erp.selectFrom('ctg_inbox').selectAll().execute();
    return rows.filter(({ status }) => status === '2').length >= 1;
  });
  await fillHour(agent.database.kysely);
  await act(adminUrl, '/v1/polls/logins', {});
  await act(adminUrl, '/v1/deliveries/1/retry', {});
  await act(adminUrl, '/v1/resync', { entity: 'goods', keys: ['QP-1003'] });
  await act(adminUrl, '/v1/resync', { entity: 'customer', all: true });
  await act(adminUrl, '/v1/reconcile', { entity: 'goods' });
  await until('backfill and comparison have ended', async () => {
    const running = await Promise.all(
      (['ctg_backfill', 'ctg_reconcile'] as const).map((table) =>
        agent.database.kysely.selectFrom(table).select('id').where('state', '=', 'running').execute(),
      ),
    );
    return running.flat().length === 0;
  });
}

/** An hour of sends, so that the chart has something to show. */
async function fillHour(kysely: Stage['agent']['database']['kysely']): Promise<void> {
  const present = Math.floor(Date.now() / 60_000);
  const rows = Array.from({ length: 59 }, (_, index) => index + 1).flatMap((ago) => {
    const minute = present - ago;
    const wave = 900 + 500 * Math.sin(ago / 7) + 90 * Math.sin(ago * 2.1);
    const down = ago > 20 && ago < 27;
    const row = (outcome: string, sends: number) => ({
      minute,
      shard: 99,
      interface: 'list-goods',
      outcome,
      sends,
    });
    return [
      row('accepted', Math.round(down ? 40 : wave)),
      row('not-sent', down ? 320 : 0),
      row('rejected', ago % 9 === 0 ? 45 : 6),
    ].filter(({ sends }) => sends > 0);
  });
  await kysely.insertInto('ctg_rate').values(rows).execute();
}

async function readBalance(url: string): Promise<Record<string, number>> {
  const reply = await fetch(`${url}/v1/status`);
  return JSON.parse(await reply.text()).balance;
}

async function act(url: string, path: string, body: unknown): Promise<void> {
  await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
