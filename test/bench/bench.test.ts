import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';

const run = promisify(execFile);
const BENCH = fileURLToPath(new URL('../../bench/bench.ts', import.meta.url));

it('the bench runs: everything is delivered, once, in each of its cases', async () => {
  const served = inject('postgresUrl') !== null && inject('redisUrl') !== null;
  const only = served ? [] : ['--only', 'none,embedded'];
  const { stdout } = await run(process.execPath, [BENCH, '--tiny', ...only]);
  expect(stdout).toContain('ours + got, embedded, goods');
  expect(stdout.includes('ours + undici, postgres, orders')).toBe(served);
}, 180_000);
