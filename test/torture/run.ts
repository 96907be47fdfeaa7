// Tortures agents by hand, for as long as you like:
//
//   npm run torture -- --minutes 60 --seed 7 --store postgres
import { parseArgs } from 'node:util';
import { STORES, type StoreName } from './stage.ts';
import { type TortureOptions, type TortureReport, torture } from './torture.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    store: { type: 'string', default: 'postgres' },
    agents: { type: 'string', default: '2' },
    /** Plays this round alone. */
    round: { type: 'string' },
  },
  args: process.argv.slice(2).filter((word) => word !== '--'),
});

const store = STORES.find((each) => each === values.store);
if (store === undefined) {
  console.error(`--store is one of ${STORES.join(', ')}.`);
  process.exit(2);
}
const options: TortureOptions = {
  store,
  seed: Number(values.seed),
  agents: Number(values.agents),
  minutes: Number(values.minutes),
  rounds: values.round === undefined ? Number.POSITIVE_INFINITY : 1,
  firstRound: Number(values.round ?? 0),
  recoverWithinMs: 60_000,
  lastsMs: { from: 500, to: 9_000 },
  tell: console.log,
};
console.log(`store ${store}, seed ${options.seed}, ${options.agents} agents, ${options.minutes} minutes`);
const report = await torture(options);
printSummary(store, report);
const last = report.rounds.at(-1);
if (last !== undefined && last.wrong.length > 0) {
  console.log(report.evidence);
  await findSmallest(options, last.round, last.faults.length);
  process.exit(1);
}
process.exit(0);

function printSummary(name: StoreName, { rounds, faults }: TortureReport): void {
  const seconds = rounds.map(({ recoverySeconds }) => recoverySeconds).sort((one, other) => one - other);
  const changes = rounds.reduce((total, round) => total + round.changes, 0);
  console.log(`\n${name}: ${rounds.length} rounds, ${changes} changes`);
  console.log(
    `at rest after: median ${seconds[Math.floor(seconds.length / 2)]?.toFixed(1)} s, longest ${seconds.at(-1)?.toFixed(1)} s`,
  );
  for (const [fault, count] of faults) console.log(`${String(count).padStart(5)} × ${fault}`);
}

/** Plays the failing round again alone, then with each of its faults alone: the shortest of those that fail is told. */
async function findSmallest(failed: TortureOptions, round: number, faultCount: number): Promise<void> {
  const fails = async (onlyFaults?: readonly number[]): Promise<boolean> => {
    const alone = { ...failed, firstRound: round, rounds: 1, tell: () => undefined };
    const { rounds } = await torture({ ...alone, ...(onlyFaults && { onlyFaults }) });
    return (rounds[0]?.wrong.length ?? 0) > 0;
  };
  const again = `npm run torture -- --store ${failed.store} --seed ${failed.seed}`;
  console.log(`\nThis failed: ${again} (round ${round}). Looking for something shorter …`);
  if (!(await fails()))
    return console.log('Round alone: passes. The rounds before it matter, or chance does.');
  for (let index = 0; index < faultCount; index++) {
    if (await fails([index]))
      return console.log(`Shortest: ${again} --round ${round}, with fault ${index + 1} alone.`);
  }
  console.log(`Shortest: ${again} --round ${round}`);
}
