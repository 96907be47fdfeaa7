import { type Command, InvalidArgumentError } from 'commander';
import { openApiOf } from '../mappers/openapi.ts';
import { INTERFACES } from '../mappers/registry.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { print } from './output.ts';

type Account = { readonly username: string; readonly password: string };
type Options = {
  port: number;
  host: string;
  sec?: string;
  auto?: number;
  account: Account[];
  json?: boolean;
};

/** `ctg-sync sandbox` */
export function sandboxCommand(program: Command): void {
  program
    .command('sandbox')
    .description("run the platform's stand-in: all 15 interfaces, in memory")
    .option('--port <port>', 'where it listens; 0 takes a free port', readWhole, 4000)
    .option('--host <host>', 'on which address', '127.0.0.1')
    .option('--sec <secret>', 'the 加密秘钥 that requests must carry (default "sandbox-sec")')
    .option('--account <user:password>', 'an account that it knows; may be repeated', readAccount, [])
    .option('--auto <ms>', 'orders move on by themselves, one step in so many milliseconds', readWhole)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ ctg-sync sandbox\n  $ ctg-sync sandbox --port 4001 --auto 5000 --account shop:secret',
    )
    .action(async ({ port, host, sec, auto, account, json }: Options) => {
      const sandbox = await startSandbox({
        port,
        host,
        openapi: openApiOf(INTERFACES),
        ...(sec !== undefined && { sec }),
        ...(account.length > 0 && { accounts: account }),
        ...(auto !== undefined && { lifecycle: { auto: true, stepMs: auto } }),
      });
      const settings = {
        CTG_BASE_URL: sandbox.url,
        CTG_USERNAME: account[0]?.username ?? '13800000000',
        CTG_PASSWORD: account[0]?.password ?? 'sandbox',
        CTG_SEC: sec ?? 'sandbox-sec',
      };
      print(json, { url: sandbox.url, settings }, () =>
        [
          `The sandbox listens on ${sandbox.url}. An agent uses it with:`,
          ...Object.entries(settings).map(([name, value]) => `  ${name}=${value}`),
          'Ctrl-C ends it.',
        ].join('\n'),
      );
      await endOfProcess();
      await sandbox.close();
    });
}

async function endOfProcess(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}

function readAccount(text: string, earlier: Account[]): Account[] {
  const [username, ...password] = text.split(':');
  if (!username || password.length === 0) throw new InvalidArgumentError('must be USERNAME:PASSWORD.');
  return [...earlier, { username, password: password.join(':') }];
}

function readWhole(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be a whole number.');
}
