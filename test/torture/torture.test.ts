import { describe, expect, inject, it } from 'vitest';
import { candidatesFor } from './shortest.ts';
import type { StoreName } from './stage.ts';
import { torture } from './torture.ts';

const hasRedis = inject('redisUrl') !== null;
const stores: readonly StoreName[] = [
  'embedded',
  ...(inject('postgresUrl') !== null && hasRedis ? ['postgres' as const] : []),
  ...(inject('mariadbUrl') !== null && hasRedis ? ['mariadb' as const] : []),
];

/** In the second round an agent surely cannot work for a while, and the platform is away. */
const BLIND: Readonly<Record<StoreName, string>> = {
  embedded: 'agent: kill -9',
  postgres: 'network: agent and database parted',
  mariadb: 'network: agent and Redis parted',
  'postgres-alone': 'network: agent and database parted',
};

describe('agents under faults', () => {
  for (const store of stores) {
    it(`lose nothing, double nothing, keep the order and say when they cannot work (${store})`, async () => {
      const lines: string[] = [];
      const { rounds, evidence } = await torture({
        store,
        seed: 20_261_124,
        agents: 2,
        rounds: 2,
        // The embedded store takes seconds to start, and does in the round of its kill.
        transactions: store === 'embedded' ? 3 : 6,
        minutes: 10,
        recoverWithinMs: 45_000,
        lastsMs: { from: 300, to: 1_500 },
        named: (round) => (round === 1 ? [BLIND[store], 'platform: away, refuses connections'] : undefined),
        tell: (line) => lines.push(line),
      });
      const wrong = rounds.flatMap((round) => round.wrong);
      expect(wrong, `${lines.join('\n')}\n${evidence}`).toEqual([]);
      expect(rounds).toHaveLength(2);
      expect(rounds[1]?.blinded).toEqual({ due: 1, told: 1 });
      expect(rounds[1]?.outages).toHaveLength(1);
    }, 180_000);
  }
});

describe('the search for a shorter way to a failure', () => {
  const faults = [7, 8, 9].map((number) => ({ number, name: `fault ${number}` }));

  it('tries each fault alone, then ever more of them, then the rounds before', () => {
    const found = candidatesFor({ round: 4, faults }, 0);
    expect(found.map(({ onlyFaults }) => onlyFaults)).toEqual([
      [7],
      [8],
      [9],
      [7, 8],
      [7, 8, 9],
      undefined,
      undefined,
    ]);
    expect(found.map(({ firstRound, rounds }) => [firstRound, rounds]).slice(-3)).toEqual([
      [4, 1],
      [3, 2],
      [2, 3],
    ]);
  });
});
