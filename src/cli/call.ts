import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { readEnvironment } from '../config/environment.ts';
import { suggestion } from '../config/nearest.ts';
import { readSecret } from '../config/reference.ts';
import { isReference } from '../ledger/secrets.ts';
import type { PlatformInterface } from '../mappers/interface.ts';
import { INTERFACES, interfaceNamed } from '../mappers/registry.ts';
import { createGateway, type Gateway, type GatewayResult } from '../platform/gateway.ts';
import { createGotTransport } from '../platform/got-transport.ts';
import { staticSigner } from '../platform/signer.ts';
import { CommandError } from './command-error.ts';
import { print } from './output.ts';
import { type Configuration, readConfiguration } from './settings.ts';

type Options = { data?: string; account: string; unchecked?: boolean; json?: boolean };

const HIDDEN = '***';

/** `ctg-sync call INTERFACE` */
export function callCommand(program: Command): void {
  program
    .command('call')
    .argument('<interface>', `one of ${INTERFACES.map(({ name }) => name).join(', ')}`)
    .description('send one request to the platform by hand, past the ledger: for looking, and for trying out')
    .option('--data <json>', 'the body without username, password and sec; @FILE reads it from a file', '{}')
    .option('--account <id>', 'with the credentials of this account', 'default')
    .option('--unchecked', 'even if the body is not as the document has it')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ ctg-sync call login
  $ ctg-sync call query-order --data '{"param": {"companyID": "88", "order_id": "CTG-17", "op_type": 4}}'
  $ ctg-sync call customer --data @query.json

What is sent is not written to the ledger: an order that is placed this way is not known to the agent.`,
    )
    .action(async (name: string, options: Options) => {
      const endpoint = requireInterface(name);
      const body = readBody(options.data ?? '{}');
      if (options.unchecked !== true) requireDocumentShape(endpoint, body);
      const configuration = readConfiguration();
      const account = configuration.accounts.get(options.account);
      if (!account) {
        const known = [...configuration.accounts.keys()];
        throw new CommandError(
          `There is no account "${options.account}"${suggestion(options.account, known)}.`,
          {
            fix:
              known.length === 0
                ? 'Set CTG_USERNAME, CTG_PASSWORD and CTG_SEC.'
                : `Use one of ${known.join(', ')}.`,
          },
        );
      }
      const gateway = openGateway(configuration);
      try {
        const result = await gateway.send({ endpoint, account, body: withSecretRead(body) });
        const request = staticSigner.sign({ username: account.username, ...body, password: HIDDEN }, HIDDEN);
        show({ name, request, result }, options);
      } finally {
        await gateway.close();
      }
    });
}

/** A new user's own password may be a reference, as in a record; what it refers to is sent, never shown. */
function withSecretRead(body: Record<string, unknown>): Record<string, unknown> {
  const { password } = body;
  if (typeof password !== 'string' || !isReference(password)) return body;
  const secret = readSecret(password, { variables: readEnvironment(), directory: '.' });
  if (secret.kind === 'value') return { ...body, password: secret.value.reveal() };
  throw new CommandError(`password: ${secret.problem}.`, { fix: secret.fix, exitCode: 2 });
}

/** A gateway outside of an agent: for one request by hand, and for `doctor`. */
export function openGateway({ settings, platform }: Configuration): Gateway {
  return createGateway({
    transport: createGotTransport({ concurrency: 4, allowInsecure: settings.allowInsecure }),
    signer: staticSigner,
    baseUrls: settings.baseUrls,
    platform,
    timeoutMs: settings.timeoutMs,
    rateLimit: 0,
    onCircuitChange: () => undefined,
  });
}

function requireInterface(name: string): PlatformInterface {
  const found = interfaceNamed(name);
  if (found) return found;
  const names = INTERFACES.map((each) => each.name);
  throw new CommandError(`"${name}" is not an interface${suggestion(name, names)}.`, {
    fix: `Use one of ${names.join(', ')}.`,
    exitCode: 2,
  });
}

function readBody(data: string): Record<string, unknown> {
  const value = parse(data.startsWith('@') ? readFile(data.slice(1)) : data);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new CommandError('--data is not a JSON object.', { exitCode: 2 });
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(
      `The file ${file} cannot be read: ${error instanceof Error ? error.message : error}`,
      {
        exitCode: 2,
      },
    );
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandError(`--data is not JSON: ${error instanceof Error ? error.message : error}`, {
      exitCode: 2,
    });
  }
}

function requireDocumentShape({ number, request }: PlatformInterface, body: Record<string, unknown>): void {
  const parsed = request.safeParse(body);
  if (parsed.success) return;
  const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw new CommandError(
    `The body is not what the platform's document has for interface ${number}:\n${faults.join('\n')}`,
    {
      fix: 'Correct it, or send it all the same with --unchecked.',
      exitCode: 2,
    },
  );
}

type Shown = { readonly name: string; readonly request: unknown; readonly result: GatewayResult };

function show({ name, request, result }: Shown, { json }: Options): void {
  const { outcome, durationMs } = result;
  const reply = 'reply' in outcome ? withoutSecret({ ...outcome.reply }) : undefined;
  const message = 'message' in outcome ? outcome.message : undefined;
  const value = {
    interface: name,
    request,
    outcome: outcome.kind,
    message,
    durationMs: Math.round(durationMs),
    reply,
  };
  print(json, value, () =>
    [
      `→ ${name} ${JSON.stringify(request, undefined, 2)}`,
      `← ${outcome.kind} in ${Math.round(durationMs)} ms${message === undefined ? '' : `: ${message}`}`,
      ...(reply === undefined ? [] : [JSON.stringify(reply, undefined, 2)]),
    ].join('\n'),
  );
  if (outcome.kind !== 'accepted') process.exitCode = 1;
}

function withoutSecret(reply: Record<string, unknown>): Record<string, unknown> {
  const hidden = Object.keys(reply).filter((name) => /^(sec|password)$/i.test(name));
  return { ...reply, ...Object.fromEntries(hidden.map((name) => [name, HIDDEN])) };
}
