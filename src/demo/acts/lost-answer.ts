import { findResend, type Resend } from '../resend.ts';
import { clockTime, printAct, type Show } from '../show.ts';

/** Tells how an order survived that the platform's answer to it was lost. */
export async function tellLostAnswer(show: Show): Promise<void> {
  printAct(show, {
    title: '② 平台断线 · A lost answer',
    chinese: '平台已存下订单，应答却丢失。代理以相同的 key 重发，不会重复下单。',
    english: 'An order was stored, its answer lost. Sent again with the same keys, it stays one.',
  });
  const resend = await findResend(show.stage.sandbox, show.stage.erp);
  if (resend === undefined) show.terminal.print('   (no connection was cut this time)');
  else printResend(show, resend);
}

function printResend({ terminal }: Show, { orderNo, keys, requests, sameBody, orderIds }: Resend): void {
  terminal.print(`   ${orderNo}  keys ${keys.join(', ')}`);
  for (const [index, request] of requests.entries()) {
    const lost = request.ending === 'destroy';
    const again = index === 0 ? '' : sameBody ? ', same keys, same body' : ', ANOTHER body';
    const end = lost
      ? terminal.paint('yellow', '断线 connection lost')
      : terminal.paint('green', `订单 order ${orderIds[0]}`);
    terminal.print(`   ${clockTime(new Date(request.at))}  request ${index + 1}${again} → ${end}`);
  }
  terminal.print(`   平台上的订单数 orders with these keys at the platform: ${orderIds.length}`);
}
