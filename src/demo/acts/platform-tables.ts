import { z } from 'zod';
import { statusInWords } from '../order-statuses.ts';
import { printTable, type Show } from '../show.ts';
import { tableLines } from '../table.ts';
import { readOrderIds } from '../written-back.ts';

const SAMPLES = 6;

const listingShape = z.object({
  oeid: z.string(),
  stock: z.number(),
  price: z.number(),
  info: z.object({ goods_name: z.string(), goods_ID: z.string(), goods_brand: z.string() }),
});

const lineShape = z.object({ seller_company_name: z.string(), goods_totalPrice: z.number() });

/** Prints what arrived, read from the stand-in itself, not from the agent's books. */
export async function printPlatform(show: Show): Promise<void> {
  printTable(show, goodsTable(show));
  printRest(show, Object.keys(show.stage.sandbox.state().goods).length);
  printTable(show, customerTable(show));
  printRest(show, Object.keys(show.stage.sandbox.state().customers).length);
  printTable(show, await orderTable(show));
}

function printRest({ terminal }: Show, count: number): void {
  if (count > SAMPLES) terminal.print(terminal.paint('dim', `   … ${count - SAMPLES} more`));
  terminal.print();
}

function goodsTable({ stage }: Show): string[] {
  const rows = spread(Object.values(stage.sandbox.state().goods)).map(({ lastBody }) => {
    const { oeid, stock, price, info } = listingShape.parse(lastBody);
    return [info.goods_ID, oeid, info.goods_name, info.goods_brand, String(stock), price.toFixed(2)];
  });
  return tableLines(
    [
      { title: '商品 goods' },
      { title: 'OE 号' },
      { title: '名称 name' },
      { title: '品牌 brand' },
      { title: '库存 stock', align: 'right' },
      { title: '价格 price', align: 'right' },
    ],
    rows,
  );
}

function customerTable({ stage }: Show): string[] {
  const rows = spread(Object.values(stage.sandbox.state().customers)).map((customer) => [
    customer.id,
    customer.name,
    customer.trade,
    customer.address,
  ]);
  return tableLines(
    [{ title: '客户 customer' }, { title: '名称 name' }, { title: '行业 trade' }, { title: '地址 address' }],
    rows,
  );
}

async function orderTable({ stage }: Show): Promise<string[]> {
  const { orders, timestamps } = stage.sandbox.state();
  const orderIds = await readOrderIds(stage.erp);
  const rows = [...orderIds].sort().map(([orderNo, orderId]) => {
    const order = orders[orderId];
    const lines = (order?.timestamps ?? []).map((key) => lineShape.parse(timestamps[key]?.body));
    const total = lines.reduce((sum, line) => sum + line.goods_totalPrice, 0).toFixed(2);
    const sellers = [...new Set(lines.map((line) => line.seller_company_name))].join('、');
    return [orderNo, orderId, String(lines.length), total, statusInWords(String(order?.status)), sellers];
  });
  return tableLines(
    [
      { title: '订单 order' },
      { title: '平台 id' },
      { title: '行 lines', align: 'right' },
      { title: '金额 total', align: 'right' },
      { title: '状态 status' },
      { title: '卖家 sellers' },
    ],
    rows,
  );
}

/** A few of many, evenly spread. */
function spread<Item>(items: readonly Item[]): Item[] {
  const step = Math.max(1, Math.ceil(items.length / SAMPLES));
  return items.filter((_, index) => index % step === 0).slice(0, SAMPLES);
}
