import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../src/cli/ctg-sync.ts', import.meta.url));

const COMPILE_CACHE = join(tmpdir(), 'ctg-sync-test-compile-cache');

/** What a command came to. */
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** A command that runs. */
export type Running = {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<Ended>;
};

/** Commands run in a directory of their own, so that no .env is found, with these variables alone. */
export type Workplace = {
  start(args: readonly string[], env?: Record<string, string>): Running;
  run(args: readonly string[], env?: Record<string, string>): Promise<Ended>;
  write(name: string, content: string | Buffer): string;
  remove(): void;
};

export function createWorkplace(common: Record<string, string> = {}): Workplace {
  const directory = mkdtempSync(join(tmpdir(), 'ctg-sync-cli-'));
  const start: Workplace['start'] = (args, env = {}) => {
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: directory,
      // Types are stripped once, not in each of a hundred processes.
      env: { PATH, NODE_COMPILE_CACHE: COMPILE_CACHE, ...common, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, stdout, stderr }));
    });
    return { child, output: () => stdout + stderr, ended };
  };
  return {
    start,
    run: (args, env) => start(args, env).ended,
    write: (name, content) => {
      writeFileSync(join(directory, name), content);
      return name;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
