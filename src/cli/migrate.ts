import type { Command } from 'commander';
import { openDatabase } from '../erp/database.ts';
import { migrate } from '../ledger/migrate.ts';
import { connectAgent } from './agent-client.ts';
import { CommandError } from './command-error.ts';
import { print } from './output.ts';
import { readSettings } from './settings.ts';

/** `ctg-sync migrate` */
export function migrateCommand(program: Command): void {
  program
    .command('migrate')
    .description("bring the agent's tables in the ERP's database up to date")
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Example:
  $ AUTO_MIGRATE=false ctg-sync migrate

With AUTO_MIGRATE, the default, start does it by itself.`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const settings = readSettings();
      const isEmbedded = settings.databaseUrl === undefined;
      if (isEmbedded && (await connectAgent(settings).isThere())) {
        throw new CommandError(`The agent at ${settings.syncUrl} holds the embedded database.`, {
          fix: 'Stop it first. (With AUTO_MIGRATE, the default, it brings the tables up to date itself.)',
        });
      }
      const database = await openDatabase({
        url: settings.databaseUrl,
        dataDir: settings.dataDir,
        connections: 2,
      });
      try {
        const { applied } = await migrate(database);
        print(json, { applied }, () =>
          applied.length === 0
            ? 'Nothing to do: the tables are up to date.'
            : `Applied: ${applied.join(', ')}`,
        );
      } finally {
        await database.close();
      }
    });
}
