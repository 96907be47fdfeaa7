import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from '../../src/platform/retry-after.ts';

const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);

describe('parseRetryAfter', () => {
  it('reads seconds', () => {
    expect(parseRetryAfter('120', NOW)).toBe(120_000);
    expect(parseRetryAfter(' 0 ', NOW)).toBe(0);
  });

  it('reads the three forms of an HTTP date, whatever the zone of this machine', () => {
    expect(parseRetryAfter('Thu, 15 Jan 2026 12:00:30 GMT', NOW)).toBe(30_000);
    expect(parseRetryAfter('Thursday, 15-Jan-26 12:00:30 GMT', NOW)).toBe(30_000);
    expect(parseRetryAfter('Thu Jan 15 12:00:30 2026', NOW)).toBe(30_000);
  });

  it('takes a date that is past for now', () => {
    expect(parseRetryAfter('Thu, 15 Jan 2026 11:00:00 GMT', NOW)).toBe(0);
  });

  it('asks for no more than a day', () => {
    expect(parseRetryAfter('99999999999999999999', NOW)).toBe(86_400_000);
    expect(parseRetryAfter('Fri, 15 Jan 2100 12:00:00 GMT', NOW)).toBe(86_400_000);
  });

  it('gives nothing for what it cannot read', () => {
    for (const header of [undefined, '', ' ', '-5', '1.5', 'soon', '5s', 'Thu, 99 Foo 2026', '2026-01-15']) {
      expect(parseRetryAfter(header, NOW)).toBeUndefined();
    }
  });

  it('is never negative and never not a number', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.date().map(String)), (header) => {
        const waitMs = parseRetryAfter(header, NOW) ?? 0;
        expect(waitMs >= 0 && waitMs <= 86_400_000).toBe(true);
      }),
    );
  });
});
