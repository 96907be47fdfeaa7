import type { Show } from './show.ts';
import type { Summary } from './summary.ts';

const SHOWN = 20;

/** Prints what the comparison of both sides came to. */
export function printVerdict({ terminal }: Pick<Show, 'terminal'>, summary: Summary): void {
  const { goods, customers, orders, orderLines, reminders, statuses, balance } = summary;
  const mark = summary.ok ? terminal.paint('green', '✓ 一致') : terminal.paint('red', '✗ 不一致');
  terminal.print();
  terminal.print(`${mark}  ${terminal.paint('bold', '逐字段核对 · ERP and platform, field by field')}`);
  terminal.print(
    `   相同 Equal: ${goods} goods, ${customers} customers, ${orders} orders (${orderLines} lines), ${reminders} reminders, ${statuses} statuses.`,
  );
  const ends = Object.entries(balance).filter(([name, value]) => name !== 'captured' && value > 0);
  terminal.print(
    `   Balance 对账: ${balance.captured} captured = ${ends.map(([name, value]) => `${value} ${name}`).join(' + ')}.`,
  );
  for (const difference of summary.differences.slice(0, SHOWN))
    terminal.print(`   ${terminal.paint('red', difference)}`);
  if (summary.differences.length > SHOWN) terminal.print(`   … ${summary.differences.length - SHOWN} more`);
  terminal.print(terminal.paint('dim', `   ${summary.seconds} s in all.`));
}
