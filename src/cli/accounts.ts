import type { Command } from 'commander';
import { z } from 'zod';
import { connectAgent } from './agent-client.ts';
import { print, shortTime, table } from './output.ts';

const status = z.looseObject({
  accounts: z.record(
    z.string(),
    z.looseObject({
      login: z.string(),
      message: z.string().optional(),
      checkedAt: z.string().optional(),
      company: z.looseObject({ id: z.string().optional(), name: z.string().optional() }).optional(),
    }),
  ),
});

/** `ctg-sync accounts` */
export function accountsCommand(program: Command): void {
  program
    .command('accounts')
    .description('show the accounts of the running agent and whether the platform takes their log-in')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ ctg-sync accounts\n  $ ctg-sync poll logins        try refused ones again now',
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { accounts } = await connectAgent().get('/v1/status', status);
      print(json, accounts, () =>
        table([
          ['ACCOUNT', 'LOGIN', 'COMPANY', 'CHECKED', 'MESSAGE'],
          ...Object.entries(accounts).map(([id, { login, message, company, checkedAt }]) => [
            id,
            login,
            [company?.id, company?.name].filter((each) => each !== undefined).join(' '),
            shortTime(checkedAt),
            message,
          ]),
        ]),
      );
    });
}
