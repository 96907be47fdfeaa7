import { readErp, sellersOf } from '../comparison/erp-records.ts';
import { fillErp } from '../erp.ts';
import { type Gauge, openProgress } from '../progress.ts';
import { printAct, type Show } from '../show.ts';
import { seconds, until } from '../waiting.ts';
import { countRejected, isSettled } from '../written-back.ts';
import { printPlatform } from './platform-tables.ts';

type Totals = {
  readonly goods: number;
  readonly customers: number;
  readonly orders: number;
  readonly reminders: number;
};

/** The ERP's first morning: everything goes to the platform. Gives the id of the part that has no price. */
export async function playFirstSync(show: Show): Promise<string> {
  printAct(show, {
    title: '① 首次同步 · First sync',
    chinese: 'ERP 在一个事务里写入自己的表和 ctg_outbox，其余由代理完成。',
    english: 'The ERP writes its tables and ctg_outbox in one transaction; the agent the rest.',
  });
  const { stage, terminal } = show;
  const start = performance.now();
  const unpriced = await fillErp(stage.erp);
  const totals = await countErp(show);
  const { goods, customers, orders } = totals;
  const took = seconds(performance.now() - start);
  terminal.print(`   ERP: ${goods} parts, ${customers} customers, ${orders} orders committed in ${took}.`);
  terminal.print();
  await watchArrival(show, totals);
  terminal.print();
  terminal.print(
    `   到达 Arrived after ${seconds(performance.now() - start)}. 平台现有 What the platform holds:`,
  );
  terminal.print();
  await printPlatform(show);
  return unpriced;
}

async function countErp({ stage }: Show): Promise<Totals> {
  const { parts, customers, orders } = await readErp(stage.erp);
  const reminders = orders.flatMap(sellersOf).length;
  return { goods: parts.length, customers: customers.length, orders: orders.length, reminders };
}

async function watchArrival(show: Show, totals: Totals): Promise<void> {
  const progress = openProgress(show.terminal);
  try {
    await until(async () => {
      const gauges = await readGauges(show, totals);
      progress.update(gauges);
      return gauges.every((gauge) => gauge.ended) && (await isSettled(show.stage.erp));
    }, show.signal);
  } finally {
    progress.stop();
  }
}

async function readGauges({ stage }: Show, totals: Totals): Promise<Gauge[]> {
  const rejected = await countRejected(stage.erp);
  const { goods, customers, orders, reminders } = stage.sandbox.state();
  return [
    gauge('商品 goods', [goods, totals.goods], rejected.get('goods')),
    gauge('客户 customers', [customers, totals.customers], rejected.get('customer')),
    gauge('订单 orders', [orders, totals.orders], rejected.get('order')),
    gauge('提醒 reminders', [reminders, totals.reminders], rejected.get('order_reminder')),
  ];
}

function gauge(label: string, [held, total]: readonly [object, number], rejected = 0): Gauge {
  const value = Object.keys(held).length;
  const waiting = Math.max(0, total - value - rejected);
  const notes = [waiting > 0 ? `${waiting} waiting` : '', rejected > 0 ? `${rejected} rejected, see ④` : ''];
  return { label, value, total, note: notes.filter(Boolean).join(', '), ended: waiting === 0 };
}
