import { statusInWords } from '../order-statuses.ts';
import { keysOf } from '../resend.ts';
import { clockTime, type Show } from '../show.ts';
import { readInbox } from '../written-back.ts';

type Moment = { readonly at: Date; readonly text: string };

/** Prints all that happened to one order, with times. */
export async function printTimeline(show: Show, orderNo: string): Promise<void> {
  const moments = [
    ...(await placing(show, orderNo)),
    ...(await reminders(show, orderNo)),
    ...(await statuses(show, orderNo)),
  ].sort((one, other) => one.at.getTime() - other.at.getTime());
  const start = moments[0]?.at.getTime() ?? 0;
  show.terminal.print(`   订单 ${orderNo} 的时间线 · The timeline of ${orderNo}:`);
  for (const { at, text } of moments) {
    const sinceStart = `+${((at.getTime() - start) / 1000).toFixed(3)} s`.padStart(10);
    show.terminal.print(`   ${clockTime(at)}${show.terminal.paint('dim', sinceStart)}  ${text}`);
  }
}

async function placing(show: Show, orderNo: string): Promise<Moment[]> {
  const delivery = await show.stage.erp
    .selectFrom('ctg_delivery')
    .selectAll()
    .where('entity', '=', 'order')
    .where('entity_key', '=', orderNo)
    .executeTakeFirst();
  if (delivery === undefined) return [];
  const key = delivery.idempotency_key ?? '';
  const placed = {
    at: new Date(delivery.closed_at ?? delivery.created_at),
    text: `平台订单号 order id ${delivery.platform_id}`,
  };
  return [
    { at: new Date(delivery.captured_at), text: '捕获 captured, in the commit of the order' },
    { at: new Date(delivery.created_at), text: `定键 keys chosen and stored: ${key} …` },
    ...sends(show, key),
    placed,
  ];
}

function sends({ stage }: Show, key: string): Moment[] {
  return stage.sandbox
    .requests()
    .filter((request) => keysOf(request).includes(key))
    .map((request, index) => ({
      at: new Date(request.at),
      text: sendInWords(index, request.ending === 'destroy'),
    }));
}

function sendInWords(index: number, lost: boolean): string {
  const sent = index === 0 ? '发送 sent' : '重发 sent again, same keys';
  return lost ? `${sent}; answer lost, effect unknown (in doubt)` : sent;
}

async function reminders({ stage }: Show, orderNo: string): Promise<Moment[]> {
  const rows = await stage.erp
    .selectFrom('ctg_delivery')
    .select(['entity_key', 'closed_at'])
    .where('entity', '=', 'order_reminder')
    .where('entity_key', 'like', `${orderNo}/%`)
    .where('state', '=', 'accepted')
    .execute();
  return rows.flatMap(({ entity_key, closed_at }) =>
    closed_at === null
      ? []
      : [
          {
            at: new Date(closed_at),
            text: `提醒 reminder to seller ${entity_key.slice(orderNo.length + 1)}`,
          },
        ],
  );
}

async function statuses({ stage }: Show, orderNo: string): Promise<Moment[]> {
  const inbox = await readInbox(stage.erp);
  return inbox
    .filter((row) => row.orderNo === orderNo)
    .map(({ at, status }) => ({ at, text: `查询到 seen by polling: ${status} ${statusInWords(status)}` }));
}
