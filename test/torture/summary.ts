import type { StoreName } from './stage.ts';
import type { TortureReport } from './torture.ts';

const PROMISES = [
  ['(a)', 'lost'],
  ['(b)', 'doubled'],
  ['(c)', 'out of order'],
  ['(d)', 'attempts used up in an outage'],
  ['(e)', 'no recovery'],
  ['(f)', '/readyz untrue'],
] as const;

/** A run in words: how much, how often each promise was broken, how soon all was at rest again, and the faults. */
export function summaryOf(store: StoreName, { rounds, faults }: TortureReport): string {
  const seconds = rounds.map(({ recoverySeconds }) => recoverySeconds).sort((one, other) => one - other);
  const changes = rounds.reduce((total, round) => total + round.changes, 0);
  const made = [...faults.values()].reduce((total, count) => total + count, 0);
  const wrong = rounds.flatMap((round) => round.wrong);
  const outages = rounds.flatMap((round) => round.outages);
  const [due, told] = [sumOf(rounds, 'due'), sumOf(rounds, 'told')];
  return [
    '',
    `${store}: ${rounds.length} rounds, ${changes} changes, ${made} faults of ${faults.size} kinds`,
    PROMISES.map(
      ([letter, words]) => `${letter} ${words} ${wrong.filter((each) => each.startsWith(letter)).length}`,
    ).join(', '),
    `at rest after: median ${at(seconds, 0.5)} s, longest ${at(seconds, 1)} s`,
    `outages measured: ${outages.length}, most attempts of one change in one: ${Math.max(0, ...outages.map(({ most }) => most))}`,
    `/readyz had to say no ${due} times, and did ${told} times`,
    ...[...faults].map(([fault, count]) => `${String(count).padStart(5)} × ${fault}`),
  ].join('\n');
}

function sumOf(rounds: TortureReport['rounds'], which: 'due' | 'told'): number {
  return rounds.reduce((total, { blinded }) => total + blinded[which], 0);
}

function at(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
}
