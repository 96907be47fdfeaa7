import type { Command } from 'commander';
import { checksOf } from './doctor/checks.ts';
import { describeFinding, type Finding } from './doctor/finding.ts';
import { runChecks } from './doctor/run-checks.ts';
import { checkSettings } from './doctor/settings-check.ts';
import { print } from './output.ts';

type Options = { readonly json?: boolean; readonly samples?: boolean };

/** `ctg-sync doctor` */
export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'check settings, database, queues, the platform and the source maps; each fault with its fix',
    )
    .option('--samples', 'show up to three records of each source map, personal data masked')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ ctg-sync doctor
  $ ctg-sync doctor --samples
  $ ctg-sync doctor --json | jq '.findings[] | select(.level == "fault")'

✓ is well, ! should be seen to, ✗ keeps the agent from its work (exit code 1). It sends one log-in for each account, and
changes nothing.`,
    )
    .action(async ({ json, samples }: Options) => {
      const findings: Finding[] = [];
      for await (const finding of examine()) {
        findings.push(finding);
        if (json !== true) process.stdout.write(`${describeFinding(shown(finding, samples))}\n`);
      }
      const ok = findings.every(isNoFault);
      if (json === true) print(json, { ok, findings: findings.map(jsonOf) }, () => '');
      if (!ok) process.exitCode = 1;
      endSoon();
    });
}

async function* examine(): AsyncGenerator<Finding> {
  const { findings, configuration } = checkSettings();
  yield* findings;
  if (!configuration) return;
  for await (const found of runChecks(checksOf(configuration))) yield* found;
}

function isNoFault({ level }: Finding): boolean {
  return level !== 'fault';
}

function jsonOf(finding: Finding): Finding & { readonly ok: boolean } {
  return { ok: isNoFault(finding), ...finding };
}

function shown({ samples: records, ...finding }: Finding, samples: boolean | undefined): Finding {
  return samples === true && records !== undefined ? { ...finding, samples: records } : finding;
}

const LINGER_MS = 1_000;

/** A server that hangs may hold a connection open, which must not hold the command. */
function endSoon(): void {
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
