import type { RoundReport } from './round.ts';
import { type TortureOptions, type TortureReport, torture } from './torture.ts';

/** A shorter way to play something again. */
export type Candidate = {
  readonly firstRound: number;
  readonly rounds: number;
  /** Numbers of the faults that are made; all when undefined. */
  readonly onlyFaults: readonly number[] | undefined;
};

/**
 * What may fail as well and is shorter than the run that failed, the shortest first: of the round that failed each fault
 * alone, then ever more of its faults from its first on; then with the round before it, two before it, four, and so on.
 */
export function candidatesFor(
  failed: Pick<RoundReport, 'round' | 'faults'>,
  firstRound: number,
): Candidate[] {
  const { round } = failed;
  const numbers = failed.faults.map(({ number }) => number);
  const alone = (onlyFaults: readonly number[]): Candidate => ({ firstRound: round, rounds: 1, onlyFaults });
  const singles = numbers.map((number) => alone([number]));
  const prefixes = numbers.slice(1).map((_number, index) => alone(numbers.slice(0, index + 2)));
  const longer: Candidate[] = [];
  for (let earlier = 1; round - earlier > firstRound; earlier *= 2)
    longer.push({ firstRound: round - earlier, rounds: earlier + 1, onlyFaults: undefined });
  return [...singles, ...prefixes, ...longer];
}

/** Plays the candidates until one fails or the time is up, and tells the command that repeats the shortest known. */
export async function findShortest(
  options: TortureOptions,
  report: TortureReport,
  minutes: number,
): Promise<void> {
  const failed = report.rounds.at(-1);
  if (!failed) return;
  const { tell } = options;
  const number = failed.faults.at(-1)?.number;
  const again = `npm run torture -- --store ${options.store} --seed ${options.seed} --agents ${options.agents}`;
  const whole = number === undefined ? again : `${again} --minutes 600 --until ${number}`;
  tell(`\nThis failed: ${whole}\nLooking for something shorter, for ${minutes} minutes at most …`);
  const end = performance.now() + minutes * 60_000;
  for (const candidate of candidatesFor(failed, options.firstRound ?? 0)) {
    if (performance.now() > end) return tell(`No time left. Shortest known: ${whole}`);
    const command = `${again} ${wordsOf(candidate)}`;
    const played = await torture({ ...options, ...candidate, minutes: 60, tell: () => undefined });
    const fails = played.evidence !== undefined;
    tell(`${fails ? 'fails ' : 'passes'}: ${command}`);
    if (fails) return tell(`Shortest: ${command}`);
  }
  tell(`Nothing shorter fails: chance has its part in it. ${whole}`);
}

function wordsOf({ firstRound, rounds, onlyFaults }: Candidate): string {
  const range = rounds === 1 ? `--round ${firstRound}` : `--round ${firstRound}-${firstRound + rounds - 1}`;
  return onlyFaults === undefined ? range : `${range} --faults ${onlyFaults.join(',')}`;
}
