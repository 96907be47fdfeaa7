import { changePart, writeOrder } from './erp.ts';
import { advanceSeenOrders, statusInWords } from './order-statuses.ts';
import { listedStock } from './platform-goods.ts';
import { FIRST_ORDERS } from './seed/orders.ts';
import { clockTime, type Show } from './show.ts';
import { pause, seconds, until } from './waiting.ts';
import { readInbox, readOrderIds } from './written-back.ts';

const ORDER_EVERY = 8;

/** Goes on making changes, one a second, and prints what becomes of each, until the signal. */
export async function goOn(show: Show): Promise<void> {
  const { terminal, stage, signal } = show;
  terminal.print();
  terminal.print(terminal.paint('bold', '营业中 · Open for business'));
  terminal.print(
    terminal.paint('dim', '   ERP 每秒一次改动；按 Ctrl+C 结束。 One change a second, until Ctrl+C.'),
  );
  terminal.print();
  let seen = (await readInbox(stage.erp)).at(-1)?.id ?? 0;
  for (let round = 1; ; round += 1) {
    await (round % ORDER_EVERY === 0 ? placeAnOrder(show) : moveStock(show));
    seen = await printNews(show, seen);
    await pause(1000, signal);
  }
}

async function moveStock(show: Show): Promise<void> {
  const { erp, sandbox } = show.stage;
  const parts = await erp.selectFrom('erp_part').selectAll().execute();
  const part = oneOf(parts);
  const stock = part.stock > 3 ? part.stock - 1 - Math.floor(Math.random() * 3) : part.stock + 24;
  const start = performance.now();
  await changePart(erp, part.part_id, { stock });
  await until(() => listedStock(sandbox, part.part_id) === stock, show.signal, 5);
  const took = seconds(performance.now() - start);
  tell(
    show,
    `库存 stock   ${part.part_id} ${part.name} ${part.brand}  ${part.stock} → ${stock}`,
    `at the platform after ${took}`,
  );
}

async function placeAnOrder(show: Show): Promise<void> {
  const { erp } = show.stage;
  const orders = await erp.selectFrom('erp_order').select('order_no').execute();
  const orderNo = `SO-${1001 + orders.length}`;
  const wish = oneOf(FIRST_ORDERS.flatMap((order) => order.lines));
  const line = { ...wish, amount: 1 + Math.floor(Math.random() * 6) };
  const start = performance.now();
  await writeOrder(erp, { orderNo, message: '补货', lines: [line] });
  await until(async () => (await readOrderIds(erp)).has(orderNo), show.signal);
  const orderId = (await readOrderIds(erp)).get(orderNo);
  const took = seconds(performance.now() - start);
  tell(
    show,
    `订单 order   ${orderNo}  ${line.partId} × ${line.amount}, ${line.seller.name}`,
    `${orderId} after ${took}`,
  );
}

/** Prints the rows that came into the ERP's inbox meanwhile. Gives the last one's id. */
async function printNews(show: Show, seen: number): Promise<number> {
  const { erp, sandbox } = show.stage;
  advanceSeenOrders(sandbox, await readInbox(erp));
  const news = await readInbox(erp, seen);
  for (const { orderNo, previous, status } of news) {
    const from = previous === undefined ? '' : `${previous} → `;
    tell(show, `状态 status  ${orderNo}  ${from}${status} ${statusInWords(status)}`, 'seen by the ERP');
  }
  return news.at(-1)?.id ?? seen;
}

function tell({ terminal }: Show, what: string, end: string): void {
  const time = terminal.paint('dim', clockTime(new Date()));
  terminal.print(`   ${time}  ${what}  ${terminal.paint('green', end)}`);
}

function oneOf<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new Error('There is nothing to choose from.');
  return item;
}
