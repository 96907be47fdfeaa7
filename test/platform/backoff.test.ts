import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../src/platform/backoff.ts';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('backoffMs', () => {
  it('doubles its ceiling with every attempt, up to the cap', () => {
    const waits = [1, 2, 3, 4, 5, 6].map((attempt) => backoffMs({ attempt, capMs: 10_000, random: () => 1 }));
    expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('is never less than 50 ms and never more than the cap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1, max: 5000 }),
        fc.integer({ min: 50, max: 3_600_000 }),
        random,
        (attempt, capMs, dice) => {
          const waitMs = backoffMs({ attempt, capMs, random: () => dice });
          expect(Number.isInteger(waitMs)).toBe(true);
          expect(waitMs).toBeGreaterThanOrEqual(50);
          expect(waitMs).toBeLessThanOrEqual(capMs);
        },
      ),
    );
  });

  it('grows with the dice alone: full jitter', () => {
    expect(backoffMs({ attempt: 4, capMs: 60_000, random: () => 0 })).toBe(50);
    expect(backoffMs({ attempt: 4, capMs: 60_000, random: () => 0.5 })).toBe(4000);
  });
});
