import type { Command } from 'commander';
import { z } from 'zod';
import { connectAgent } from './agent-client.ts';
import { print } from './output.ts';

/** `ctg-sync poll NAME` */
export function pollCommand(program: Command): void {
  program
    .command('poll')
    .argument(
      '<name>',
      'poll (statuses that are due), sweep (lost jobs), logins (refused accounts) or mirror (what the platform holds)',
    )
    .description('do now what the schedule would do at its next tick')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  $ ctg-sync poll logins\n  $ ctg-sync poll sweep')
    .action(async (name: string, { json }: { json?: boolean }) => {
      const reply = await connectAgent().post(
        `/v1/polls/${encodeURIComponent(name)}`,
        {},
        z.looseObject({ queued: z.string() }),
      );
      print(json, reply, () => `Queued: ${reply.queued}`);
    });
}
