// Tortures agents by hand, for as long as you like:
//
//   npm run torture -- --minutes 60 --seed 7 --store postgres
import { parseArgs } from 'node:util';
import { findShortest } from './shortest.ts';
import { STORES } from './stage.ts';
import { summaryOf } from './summary.ts';
import { type TortureOptions, torture } from './torture.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    store: { type: 'string', default: 'postgres' },
    agents: { type: 'string', default: '2' },
    /** Plays this round alone, or `3-5`. */
    round: { type: 'string' },
    /** Makes only these of the run's faults, by their numbers: `4,9`. */
    faults: { type: 'string' },
    /** Makes the run's faults up to this number, and ends with its round. */
    until: { type: 'string' },
    /** Every round makes this fault, and no other; may be given several times. */
    fault: { type: 'string', multiple: true },
    /** How long the shortest way to a failure is looked for. */
    'search-minutes': { type: 'string', default: '8' },
  },
  args: process.argv.slice(2).filter((word) => word !== '--'),
});

const store = STORES.find((each) => each === values.store);
if (store === undefined) {
  console.error(`--store is one of ${STORES.join(', ')}.`);
  process.exit(2);
}
const [first, last] = (values.round ?? '').split('-').map(Number);
const numbers = values.faults?.split(',').map(Number);
const until = values.until === undefined ? undefined : Number(values.until);
const { fault: named } = values;
const options: TortureOptions = {
  store,
  seed: Number(values.seed),
  agents: Number(values.agents),
  minutes: Number(values.minutes),
  rounds: values.round === undefined ? Number.POSITIVE_INFINITY : (last ?? first ?? 0) - (first ?? 0) + 1,
  firstRound: first ?? 0,
  onlyFaults: numbers,
  until,
  named: named && (() => named),
  recoverWithinMs: 60_000,
  lastsMs: { from: 500, to: 9_000 },
  tell: console.log,
};
console.log(`store ${store}, seed ${options.seed}, ${options.agents} agents, ${options.minutes} minutes`);
const report = await torture(options);
console.log(summaryOf(store, report));
if (report.evidence !== undefined) {
  console.log(report.evidence);
  await findShortest(options, report, Number(values['search-minutes']));
  process.exit(1);
}
process.exit(0);
