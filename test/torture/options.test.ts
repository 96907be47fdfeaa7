import { expect, it } from 'vitest';
import { readOptions, UnusableOptions } from './options.ts';

const read = (...words: string[]) => readOptions(words, 7);

it('the torture takes what it is told, and the rest by itself', () => {
  expect(read()).toMatchObject({
    options: { store: 'postgres', seed: 7, agents: 2, minutes: 5, rounds: Number.POSITIVE_INFINITY },
    searchMinutes: 8,
  });
  expect(read('--', '--store', 'mariadb', '--seed', '11', '--round', '3-5', '--faults', '6,8')).toMatchObject(
    {
      options: { store: 'mariadb', seed: 11, firstRound: 3, rounds: 3, onlyFaults: [6, 8] },
    },
  );
  expect(read('--round', '3')).toMatchObject({ options: { firstRound: 3, rounds: 1 } });
  expect(read('--help')).toMatchObject({ help: expect.stringContaining('--search-minutes') });
});

it('the torture names the option that it cannot use', () => {
  const wrong = ['--store x', '--minutes soon', '--round 3-', '--agents 0', '--faults 1,x', '--until -1'];
  for (const words of wrong) {
    const [name = ''] = words.split(' ');
    expect(() => read(...words.split(' ')), words).toThrow(UnusableOptions);
    expect(() => read(...words.split(' ')), words).toThrow(name);
  }
  expect(() => read('--bogus')).toThrow('--help');
});
