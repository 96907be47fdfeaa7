import { changePart } from '../erp.ts';
import { listedPrice } from '../platform-goods.ts';
import { printAct, type Show } from '../show.ts';
import { seconds, until } from '../waiting.ts';

/** Changes the price of one part and waits for it to arrive. */
export async function playPriceChange(show: Show): Promise<void> {
  printAct(show, {
    title: '③ 改价 · A price changes',
    chinese: 'ERP 更新一行价格，平台随即更新。',
    english: 'The ERP updates one row. The platform follows.',
  });
  const { erp, sandbox } = show.stage;
  const part = await erp
    .selectFrom('erp_part')
    .selectAll()
    .where('price', 'is not', null)
    .orderBy('part_id')
    .executeTakeFirstOrThrow();
  const price = (Number(part.price) * 0.95).toFixed(2);
  const before = listedPrice(sandbox, part.part_id);
  const start = performance.now();
  await changePart(erp, part.part_id, { price });
  await until(() => listedPrice(sandbox, part.part_id) === Number(price), show.signal, 5);
  const took = seconds(performance.now() - start);
  const after = show.terminal.paint('green', price);
  show.terminal.print(`   ERP: UPDATE erp_part SET price = ${price} WHERE part_id = '${part.part_id}'`);
  show.terminal.print(
    `   平台 platform: ${part.name} ${part.brand} ${before?.toFixed(2)} → ${after} (${took})`,
  );
}
