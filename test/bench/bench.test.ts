import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';

const run = promisify(execFile);
const BENCH = fileURLToPath(new URL('../../bench/bench.ts', import.meta.url));
const SCALE = fileURLToPath(new URL('../../bench/scale.ts', import.meta.url));
const PRESSURE = fileURLToPath(new URL('../../bench/pressure.ts', import.meta.url));

it('the bench runs: everything is delivered, once, in each of its cases', async () => {
  const served = inject('postgresUrl') !== null && inject('redisUrl') !== null;
  const only = served ? [] : ['--only', 'none;embedded'];
  const { stdout } = await run(process.execPath, [BENCH, '--tiny', ...only]);
  expect(stdout).toContain('ours + got, embedded, goods');
  expect(stdout.includes('ours + undici, postgres, orders')).toBe(served);
}, 180_000);

it('the bench of pressure runs: under each kind the others arrive, once', async () => {
  const served = inject('postgresUrl') !== null && inject('redisUrl') !== null;
  const store = served ? 'postgres' : 'embedded';
  const { stdout } = await run(process.execPath, [PRESSURE, '--tiny', '--store', store, '--only', 'always']);
  expect(stdout.match(/always fails? .* ratio \d+\.\d\d/g)).toHaveLength(2);
}, 180_000);

it.skipIf(inject('postgresUrl') === null || inject('redisUrl') === null)(
  'the bench of scale runs: each backlog arrives, once, from one process and from two',
  async () => {
    const { stdout } = await run(process.execPath, [SCALE, '--tiny']);
    expect(stdout).toMatch(/^backlog of 100: \d+\/s/m);
    expect(stdout).toMatch(/^50 after 100 that are history: \d+\/s/m);
    expect(stdout).toMatch(/^senders: 2, backlog of 100: \d+\/s/m);
  },
  180_000,
);
