import type { Show } from './show.ts';
import { tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Says where the running demo can be looked at. */
export function printWhereToLook({ stage, terminal }: Pick<Show, 'stage' | 'terminal'>): void {
  const { adminUrl, sandbox } = stage;
  const lines = tableLines(
    [{ title: '' }, { title: '' }],
    [
      ['控制台 console', `${adminUrl}/`],
      ['状态 status', `${adminUrl}/v1/status`],
      ['队列 Bull Board', `${adminUrl}/queues`],
      ['平台替身 stand-in', `${sandbox.url}/`],
      ['命令 command', `CTG_SYNC_URL=${adminUrl} npm run ctg-sync -- status`],
    ],
  );
  terminal.print();
  terminal.print(terminal.paint('bold', '去看看 · Where to look'));
  for (const line of lines.slice(1)) terminal.print(`   ${line}`);
}

/** Says that there is more to see where the demo stays open. */
export function printOnceHint(terminal: Terminal): void {
  terminal.print();
  terminal.print(terminal.paint('dim', '   不带 --once 则持续运行，可打开控制台和 Bull Board。'));
  terminal.print(
    terminal.paint('dim', '   Without --once it stays open, with its console and Bull Board to look at.'),
  );
  terminal.print();
}
