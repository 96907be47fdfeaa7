import type { Terminal } from './terminal.ts';

/** Says what will be seen. */
export function printHeading(terminal: Terminal): void {
  const lines = [
    terminal.paint('bold', 'ctg-sync 演示 · demo'),
    '',
    'ERP 的改动自动到达车同轨：有序、不重、不丢；订单状态自动回到 ERP。',
    'Changes in the ERP reach 车同轨 by themselves: in order, once, none lost.',
    'The status of every order comes back.',
    '',
    `   ${flow(terminal)}`,
    '',
    terminal.paint('dim', 'ERP 数据库、代理、车同轨替身都在本进程内，不连接任何外部系统。'),
    terminal.paint('dim', "The ERP's database, the agent and a stand-in for 车同轨 run in this process."),
    terminal.paint('dim', 'No other system is reached, and nothing is left behind.'),
  ];
  terminal.print();
  for (const line of lines) terminal.print(line);
}

function flow(terminal: Terminal): string {
  const stations = ['ERP', 'ctg_outbox', 'ctg_delivery 账本', '队列 queue', '车同轨', 'ctg_inbox', 'ERP'];
  return stations.map((station) => terminal.paint('cyan', station)).join(' → ');
}
