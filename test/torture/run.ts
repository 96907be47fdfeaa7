// Tortures agents by hand, for as long as you like (--help for the options):
//
//   npm run torture -- --minutes 60 --seed 7 --store postgres
import { type Asked, readOptions, UnusableOptions } from './options.ts';
import { findShortest } from './shortest.ts';
import { summaryOf } from './summary.ts';
import { torture } from './torture.ts';

process.exit(await run());

async function run(): Promise<number> {
  try {
    const asked = readOptions(process.argv.slice(2), Date.now() % 1_000_000);
    if (!('help' in asked)) return await tortureAs(asked);
    process.stdout.write(asked.help);
    return 0;
  } catch (error) {
    if (!(error instanceof UnusableOptions)) throw error;
    console.error(error.message);
    return 2;
  }
}

async function tortureAs({ options, searchMinutes }: Asked): Promise<number> {
  const { store, seed, agents, minutes } = options;
  console.log(`store ${store}, seed ${seed}, ${agents} agents, ${minutes} minutes`);
  const report = await torture(options);
  console.log(summaryOf(store, report));
  if (report.evidence === undefined) return 0;
  console.log(report.evidence);
  await findShortest(options, report, searchMinutes);
  return 1;
}
