import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

const MODULE = new URL('../../src/standstill.ts', import.meta.url).href;

/** A process that ends itself after two seconds of standstill, and then does `work`. */
function start(work: string): ChildProcess {
  const code = `import(${JSON.stringify(MODULE)}).then(({ endOnStandstill }) => { endOnStandstill(2); ${work} });`;
  return spawn(process.execPath, ['-e', code], { stdio: 'ignore' });
}

it('a process that stands still is ended, so that it can be started again', async () => {
  const [, signal] = await once(start('for (;;);'), 'exit');
  expect(signal).toBe('SIGKILL');
});

it('a process that works is left alone, and ends by itself', async () => {
  const [code] = await once(start('setTimeout(() => process.exit(7), 3_200);'), 'exit');
  expect(code).toBe(7);
});
