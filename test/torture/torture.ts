import type { Versions } from './changes.ts';
import { type PlanOptions, planFaults } from './plan.ts';
import { playRound, type RoundReport } from './round.ts';
import { type Stage, type StoreName, setStage } from './stage.ts';

export type TortureOptions = PlanOptions & {
  readonly store: StoreName;
  readonly agents: number;
  /** Ends after so many rounds, or before a round that would begin later than this. */
  readonly rounds: number;
  readonly minutes: number;
  readonly firstRound?: number;
  /** Only these faults, by their number in the run. */
  readonly onlyFaults?: readonly number[] | undefined;
  /** Only the faults up to this number, and no round after its own. */
  readonly until?: number | undefined;
  /** Transactions of each of the ERP's writers in a round. */
  readonly transactions?: number | undefined;
  readonly recoverWithinMs: number;
  readonly tell: (line: string) => void;
};

export type TortureReport = {
  readonly rounds: readonly RoundReport[];
  /** How often each fault was made. */
  readonly faults: ReadonlyMap<string, number>;
  /** The ledger's and the agents' own words at the end of a run that failed. */
  readonly evidence: string | undefined;
};

/** Plays rounds until one goes wrong, the time is up or there are enough. */
export async function torture(options: TortureOptions): Promise<TortureReport> {
  const stage = await setStage(options.store, options.agents);
  if (options.store === 'embedded' && !stage.disk)
    options.tell('SKIPPED: "disk: full" makes nothing here, since this user may not mount a small disk.');
  try {
    return await play(stage, options);
  } finally {
    await stage.close();
  }
}

async function play(stage: Stage, options: TortureOptions): Promise<TortureReport> {
  const versions: Versions = { next: 1 };
  const rounds: RoundReport[] = [];
  const end = performance.now() + options.minutes * 60_000;
  const first = options.firstRound ?? 0;
  for (let round = first; round < first + options.rounds && performance.now() < end; round++) {
    const numbers = planFaults(stage, options, round).map(({ number }) => number);
    const until = options.until ?? Number.POSITIVE_INFINITY;
    if ((numbers[0] ?? 0) > until) break;
    const only = options.onlyFaults ?? numbers.filter((number) => number <= until);
    const report = await playRound(stage, { ...options, onlyFaults: only, round, versions });
    rounds.push(report);
    options.tell(lineOf(report));
    if (report.wrong.length > 0) break;
  }
  const failed = (rounds.at(-1)?.wrong.length ?? 0) > 0;
  return { rounds, faults: countFaults(rounds), evidence: failed ? await evidenceOf(stage) : undefined };
}

function lineOf({ round, faults, changes, recoverySeconds, outages, wrong }: RoundReport): string {
  const cost = outages.map(
    ({ most, open }) => `, an outage used up at most ${most} attempts of ${open} changes`,
  );
  const names = faults.map(({ number, name }) => `${number} ${name}`);
  const head = `round ${round}: ${changes} changes, at rest after ${recoverySeconds.toFixed(1)} s${cost.join('')}`;
  return [`${head} [${names.join(' + ')}]`, ...wrong.slice(0, 12).map((each) => `  WRONG ${each}`)].join(
    '\n',
  );
}

function countFaults(rounds: readonly RoundReport[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name } of rounds.flatMap(({ faults }) => faults))
    counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Map([...counts].sort(([one], [other]) => one.localeCompare(other)));
}

async function evidenceOf({ database, actors }: Stage): Promise<string> {
  const logs = actors.map(({ agent }, index) => `agent ${index}:\n${agent.log().slice(-3_000)}`);
  const open = await database?.kysely
    .selectFrom('ctg_delivery')
    .select(['id', 'entity', 'entity_key', 'state', 'attempts', 'reason', 'claimed_by', 'due_at'])
    .where((where) => where.or([where('open_lane', 'is not', null), where('state', '=', 'rejected')]))
    .limit(20)
    .execute()
    .catch(() => []);
  return [...(open ?? []).map((row) => JSON.stringify(row)), ...logs].join('\n');
}
