import { changePart } from '../erp.ts';
import { listedPrice } from '../platform-goods.ts';
import { seedParts } from '../seed/parts.ts';
import { printAct, type Show } from '../show.ts';
import { seconds, until } from '../waiting.ts';

/** Shows the part that was refused for want of a price, gives it one, and waits for it to arrive by itself. */
export async function playFaultyPart(show: Show, partId: string): Promise<void> {
  printAct(show, {
    title: '④ 错误数据 · A faulty record',
    chinese: '缺价格的商品不发出，也不影响别的记录；改正后自动补发。',
    english: 'A part without a price holds up nothing else. Corrected, it goes by itself.',
  });
  const { erp, sandbox } = show.stage;
  await printDelivery(show, partId, 'red');
  const price = seedParts().find((part) => part.part_id === partId)?.price ?? '1.00';
  const start = performance.now();
  await changePart(erp, partId, { price });
  await until(() => listedPrice(sandbox, partId) === Number(price), show.signal, 5);
  await until(async () => (await lastDelivery(show, partId))?.state === 'accepted', show.signal);
  const took = seconds(performance.now() - start);
  show.terminal.print(`   ERP: UPDATE erp_part SET price = ${price} WHERE part_id = '${partId}'`);
  await printDelivery(show, partId, 'green', ` (${took})`);
}

async function printDelivery(show: Show, partId: string, style: 'red' | 'green', note = ''): Promise<void> {
  const delivery = await lastDelivery(show, partId);
  const reason = delivery?.reason ? `  ${delivery.reason}` : '';
  const state = show.terminal.paint(style, delivery?.state ?? 'unknown');
  show.terminal.print(`   ${partId}  ${state}${reason}${note}`);
}

function lastDelivery({ stage }: Show, partId: string) {
  return stage.erp
    .selectFrom('ctg_delivery')
    .select(['state', 'reason'])
    .where('entity', '=', 'goods')
    .where('entity_key', '=', partId)
    .orderBy('id', 'desc')
    .executeTakeFirst();
}
