import { describe, expect, inject, it } from 'vitest';
import type { StoreName } from './stage.ts';
import { torture } from './torture.ts';

const stores: readonly StoreName[] = [
  'embedded',
  ...(inject('postgresUrl') !== null && inject('redisUrl') !== null ? ['postgres' as const] : []),
  ...(inject('mariadbUrl') !== null && inject('redisUrl') !== null ? ['mariadb' as const] : []),
];

describe('agents under faults', () => {
  for (const store of stores) {
    it(`lose nothing, double nothing and keep the order (${store})`, async () => {
      const lines: string[] = [];
      const { rounds, evidence } = await torture({
        store,
        seed: 20_261_124,
        agents: 2,
        rounds: 2,
        minutes: 10,
        recoverWithinMs: 45_000,
        lastsMs: { from: 300, to: 1_500 },
        tell: (line) => lines.push(line),
      });
      const wrong = rounds.flatMap((round) => round.wrong);
      expect(wrong, `${lines.join('\n')}\n${evidence}`).toEqual([]);
      expect(rounds).toHaveLength(2);
    }, 180_000);
  }
});
