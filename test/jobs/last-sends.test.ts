import { expect, it } from 'vitest';
import { watchLastSends } from '../../src/jobs/last-sends.ts';
import type { Settled } from '../../src/ledger/settle.ts';
import type { Settlement } from '../../src/ledger/settlement.ts';

const LONGEST_MS = 60_000;
const settlement = (id: number, retryInMs: number | undefined) =>
  ({ claim: { id }, retryInMs }) as Settlement;

it('the pause that a send asked for holds where it could not be written, and is forgotten once it is', async () => {
  const begunAt = performance.now();
  let write = async (): Promise<Settled> => Promise.reject(new Error('no room'));
  const sends = watchLastSends(() => write(), LONGEST_MS);
  await expect(sends.settle(settlement(1, 5_000))).rejects.toThrow('no room');
  await expect(sends.settle(settlement(2, undefined))).rejects.toThrow('no room');
  const endedAt = performance.now();

  expect(sends.overAt(1)).toBeGreaterThanOrEqual(begunAt + 5_000);
  expect(sends.overAt(1)).toBeLessThanOrEqual(endedAt + 5_000);
  // Its answer was there: nothing of it is at work any more.
  expect(sends.overAt(2)).toBeLessThanOrEqual(endedAt);
  // Sent before this process began.
  expect(sends.overAt(3)).toBeGreaterThanOrEqual(begunAt + LONGEST_MS);

  write = async () => 'open';
  await sends.settle(settlement(1, 5_000));
  expect(sends.overAt(1)).toBe(sends.overAt(3));
});
