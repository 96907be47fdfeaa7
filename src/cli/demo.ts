import { Writable } from 'node:stream';
import { type Command, InvalidArgumentError } from 'commander';
import { startAdmin } from '../admin/server.ts';
import { runDemo } from '../demo/run-demo.ts';

type Flags = { readonly once?: boolean; readonly json?: boolean; readonly port: number };

/** Exit code of a command that Ctrl+C ended before its work was done. */
const INTERRUPTED = 130;

/** `ctg-sync demo`: the main job, seen in the terminal, without any other system. */
export function demoCommand(program: Command): void {
  program
    .command('demo')
    .description('see an ERP and a stand-in for the platform at work: everything runs in this process')
    .option('--once', 'end after the comparison of both sides; the last line is a summary in JSON')
    .option('--json', 'print nothing but that summary, and end after it')
    .option('--port <number>', 'port of the console and Bull Board; 0 takes a free one', readPort, 0)
    .addHelpText(
      'after',
      '\nExamples:\n  $ ctg-sync demo\n  $ ctg-sync demo --once\n  $ ctg-sync demo --json | jq .ok',
    )
    .action(async (flags: Flags) => {
      process.exitCode = await play(flags);
    });
}

async function play({ once: asked = false, json = false, port }: Flags): Promise<number> {
  const interrupt = interruptSignal();
  const once = asked || json;
  const output = json ? silence() : process.stdout;
  const summary = await runDemo({ once, port, startAdmin, output, interrupt });
  if (summary === undefined) return once ? INTERRUPTED : 0;
  if (once) process.stdout.write(`${JSON.stringify(summary)}\n`);
  return summary.ok ? 0 : 1;
}

/** The first Ctrl+C stops cleanly; a second one ends the process at once, as it does by itself. */
function interruptSignal(): AbortSignal {
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());
  return interrupt.signal;
}

/** Takes the story, and shows nothing of it. */
function silence(): Writable {
  return new Writable({ write: (_text, _encoding, done) => done() });
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('give a number from 0 to 65535');
}
