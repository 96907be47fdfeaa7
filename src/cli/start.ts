import { type Command, InvalidArgumentError } from 'commander';
import { setVariable } from '../config/environment.ts';
import { runDaemon } from '../main.ts';

/** `ctg-sync start` */
export function startCommand(program: Command): void {
  program
    .command('start')
    .description('run the agent and its admin server until SIGTERM or Ctrl-C')
    .option('--senders <n>', 'sending processes, instead of the setting SENDERS', readCount)
    .addHelpText(
      'after',
      '\nExamples:\n  $ ctg-sync start\n  $ HTTP_PORT=3001 LOG_LEVEL=debug ctg-sync start\n  $ ctg-sync start --senders 2',
    )
    .action(({ senders }: { senders?: number }) => {
      // The other processes read it from there too.
      if (senders !== undefined) setVariable('SENDERS', String(senders));
      return runDaemon();
    });
}

function readCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 64) return count;
  throw new InvalidArgumentError('Give a whole number from 1 to 64.');
}
