import { advanceSeenOrders, ORDER_STATUSES, statusInWords } from '../order-statuses.ts';
import { type Gauge, openProgress } from '../progress.ts';
import { findResend } from '../resend.ts';
import { clockTime, printAct, printTable, type Show } from '../show.ts';
import { tableLines } from '../table.ts';
import { until } from '../waiting.ts';
import { readInbox, type SeenStatus } from '../written-back.ts';
import { printTimeline } from './order-timeline.ts';

/** Follows all orders to their end, as the ERP sees it, then one of them from its beginning. */
export async function playOrderLife(show: Show): Promise<void> {
  printAct(show, {
    title: '⑤ 订单的一生 · The life of the orders',
    chinese: '卖家接单、发货，直到收货；代理定时查询，每次变化写入 ctg_inbox。',
    english: 'Sellers accept and ship. The agent polls, and writes every change into ctg_inbox.',
  });
  const orders = await show.stage.erp
    .selectFrom('erp_order')
    .select('order_no')
    .orderBy('order_no')
    .execute();
  await watchStatuses(show, orders.length);
  const resend = await findResend(show.stage.sandbox, show.stage.erp);
  const followed = resend?.orderNo ?? orders[0]?.order_no;
  show.terminal.print();
  if (followed !== undefined) await printTimeline(show, followed);
  show.terminal.print();
  await printCurrentStatuses(show);
}

async function watchStatuses({ stage, terminal, signal }: Show, orders: number): Promise<void> {
  const progress = openProgress(terminal);
  try {
    await until(async () => {
      const inbox = await readInbox(stage.erp);
      advanceSeenOrders(stage.sandbox, inbox);
      const gauges = [...ORDER_STATUSES.keys()].map((status) => gauge(status, inbox, orders));
      progress.update(gauges);
      return gauges.every(({ value, total }) => value >= total);
    }, signal);
  } finally {
    progress.stop();
  }
}

function gauge(status: string, inbox: readonly SeenStatus[], total: number): Gauge {
  const seen = new Set(inbox.filter((row) => row.status === status).map((row) => row.orderNo));
  return { label: `${status.padStart(2)} ${statusInWords(status)}`, value: seen.size, total };
}

async function printCurrentStatuses(show: Show): Promise<void> {
  const rows = await show.stage.erp
    .selectFrom('ctg_order_status')
    .selectAll()
    .orderBy('entity_key')
    .execute();
  show.terminal.print('   ERP 看到的 · What the ERP sees (ctg_order_status):');
  printTable(
    show,
    tableLines(
      [
        { title: 'entity_key' },
        { title: 'platform_id' },
        { title: 'status' },
        { title: '' },
        { title: 'updated_at' },
      ],
      rows.map((row) => [
        row.entity_key,
        row.platform_id,
        row.status,
        statusInWords(row.status),
        clockTime(new Date(row.updated_at)),
      ]),
    ),
  );
}
