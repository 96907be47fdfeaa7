import { expect, it } from 'vitest';
import { watchLastSends } from '../../src/jobs/last-sends.ts';
import type { Settled } from '../../src/ledger/settle.ts';
import type { Settlement } from '../../src/ledger/settlement.ts';

const LONGEST_MS = 60_000;
const settlement = (id: number, quietMs: number | undefined) => ({ claim: { id }, quietMs }) as Settlement;
const claim = (id: number, abandoned = true) => ({ id, abandoned, frozen: undefined });

it('the pause after a lost answer holds whatever the ledger could be told and its clock says', async () => {
  const begunAt = performance.now();
  let write = async (): Promise<Settled> => Promise.reject(new Error('no room'));
  const sends = watchLastSends(() => write(), LONGEST_MS);
  await expect(sends.settle(settlement(1, 30_000))).rejects.toThrow('no room');
  await expect(sends.settle(settlement(2, undefined))).rejects.toThrow('no room');
  write = async () => 'open';
  await sends.settle(settlement(3, 30_000));

  for (const id of [1, 3]) {
    expect(sends.quietMs(claim(id, id === 1))).toBeLessThanOrEqual(30_000);
    expect(sends.quietMs(claim(id, id === 1))).toBeGreaterThan(30_000 - (performance.now() - begunAt) - 1);
    expect(sends.quietMs({ ...claim(id), frozen: '{}' })).toBe(0);
  }
  // Its answer was there: nothing of it is at work any more.
  expect(sends.quietMs(claim(2))).toBe(0);
  // Sent before this process began, by it or by another whose lease ran out.
  expect(sends.quietMs(claim(4))).toBeGreaterThan(30_000);
  expect(sends.quietMs(claim(5, false))).toBe(0);

  await sends.settle(settlement(1, undefined));
  await sends.settle(settlement(3, undefined));
  expect(sends.quietMs(claim(3, false))).toBe(0);
});
