import type { Command } from 'commander';
import { runDaemon } from '../main.ts';

/** `ctg-sync start` */
export function startCommand(program: Command): void {
  program
    .command('start')
    .description('run the agent and its admin server until SIGTERM or Ctrl-C')
    .addHelpText(
      'after',
      '\nExamples:\n  $ ctg-sync start\n  $ HTTP_PORT=3001 LOG_LEVEL=debug ctg-sync start',
    )
    .action(() => runDaemon());
}
