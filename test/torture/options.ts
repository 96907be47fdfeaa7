import { parseArgs } from 'node:util';
import { z } from 'zod';
import { STORES } from './stage.ts';
import type { TortureOptions } from './torture.ts';

const HELP = `npm run torture -- [options]

  --minutes N          how long rounds begin (5)
  --seed N             the seed of changes and faults (by the time)
  --store NAME         ${STORES.join(', ')} (postgres)
  --agents N           agents at once (2; the embedded store takes one)
  --round N, N-M       plays these rounds alone
  --faults N,M         makes only these of the run's faults, by their numbers
  --until N            makes the run's faults up to this number, and ends with its round
  --fault NAME         every round makes this fault, and no other; may be given several times
  --search-minutes N   how long the shortest way to a failure is looked for (8)
`;

/** Words of the command line that mean nothing; its message names the option and what it takes. */
export class UnusableOptions extends Error {
  override readonly name = 'UnusableOptions';
}

/** The run that the command line asks for. */
export type Asked = { readonly options: TortureOptions; readonly searchMinutes: number };

const whole = z.coerce.number().int().min(0);
const several = z
  .string()
  .transform((text) => text.split(',').map(Number))
  .pipe(z.array(z.number().int().min(0)));
const TAKES = {
  minutes: ['a number above 0', z.coerce.number().positive().default(5)],
  seed: ['a whole number', whole.optional()],
  store: [`one of ${STORES.join(', ')}`, z.enum(STORES).default('postgres')],
  agents: ['a whole number from 1 on', whole.min(1).default(2)],
  round: [
    'a round, or two with a dash between them',
    z
      .string()
      .regex(/^\d+(-\d+)?$/)
      .optional(),
  ],
  faults: ['numbers with commas between them', several.optional()],
  until: ['a whole number', whole.optional()],
  'search-minutes': ['a number', z.coerce.number().min(0).default(8)],
} as const;

/**
 * Reads the command line: a run, or the text of the help where it asks for that.
 *
 * @throws UnusableOptions
 */
export function readOptions(words: readonly string[], seed: number): Asked | { readonly help: string } {
  const values = parse(words);
  if (values.help) return { help: HELP };
  const read = <N extends keyof typeof TAKES>(name: N): z.output<(typeof TAKES)[N][1]> => {
    const [takes, schema] = TAKES[name];
    const result = schema.safeParse(values[name]);
    if (!result.success) throw new UnusableOptions(`--${name} takes ${takes}, and not "${values[name]}".`);
    return result.data as z.output<(typeof TAKES)[N][1]>;
  };
  const [first = 0, last = first] = (read('round') ?? '').split('-').map(Number);
  const { fault: named } = values;
  const options: TortureOptions = {
    store: read('store'),
    seed: read('seed') ?? seed,
    agents: read('agents'),
    minutes: read('minutes'),
    rounds: values.round === undefined ? Number.POSITIVE_INFINITY : last - first + 1,
    firstRound: first,
    onlyFaults: read('faults'),
    until: read('until'),
    named: named && (() => named),
    recoverWithinMs: 60_000,
    lastsMs: { from: 500, to: 9_000 },
    tell: console.log,
  };
  return { options, searchMinutes: read('search-minutes') };
}

function parse(words: readonly string[]) {
  const text = { type: 'string' } as const;
  const names = Object.fromEntries(Object.keys(TAKES).map((name) => [name, text]));
  try {
    const { values } = parseArgs({
      options: {
        ...(names as Record<keyof typeof TAKES, typeof text>),
        fault: { type: 'string', multiple: true },
        help: { type: 'boolean', default: false },
      },
      args: words.filter((word) => word !== '--'),
    });
    return values;
  } catch (error) {
    throw new UnusableOptions(`${error instanceof Error ? error.message : error}\nSee --help.`);
  }
}
