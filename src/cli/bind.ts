import type { Command } from 'commander';
import { z } from 'zod';
import { connectAgent } from './agent-client.ts';
import { print } from './output.ts';

const reply = z.looseObject({
  accepted: z.number().nullable(),
  resumed: z.number().nullable(),
  freed: z.number(),
});

/** `ctg-sync bind ENTITY KEY ID` */
export function bindCommand(program: Command): void {
  program
    .command('bind')
    .argument('<entity>', 'for example order')
    .argument('<key>', "the record's key in the ERP")
    .argument('<id>', 'the id that the platform has for it')
    .description('say which id the platform has for a record; what waited for that goes on')
    .option('--account <id>', 'the account', 'default')
    .option('--replace', 'even if the record is bound to another id')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ ctg-sync bind order SO-1001 CTG-20260301-17')
    .action(
      async (
        entity: string,
        key: string,
        platformId: string,
        { account, replace = false, json }: { account: string; replace?: boolean; json?: boolean },
      ) => {
        const bound = await connectAgent().post(
          '/v1/bindings',
          { account, entity, key, platformId, replace },
          reply,
        );
        print(json, bound, () =>
          [
            `${entity} ${key} is bound to ${platformId}.`,
            ...(bound.accepted === null ? [] : [`Delivery ${bound.accepted} is accepted.`]),
            ...(bound.resumed === null ? [] : [`Delivery ${bound.resumed} goes on.`]),
            ...(bound.freed === 0 ? [] : [`${bound.freed} may be sent now.`]),
          ].join('\n'),
        );
      },
    );
}
