import { parseArgs } from 'node:util';
import type { Client } from './contender.ts';
import type { Load } from './load.ts';

/** The stores that a contender works on. */
export type StoreName = 'postgres' | 'mariadb' | 'embedded' | 'none';

/** One line of the table: the same for every round. */
export type Case = {
  readonly contender: string;
  readonly client: Client;
  readonly store: StoreName;
  readonly load: Load;
  readonly latencyMs: number;
  readonly faultRate: number;
  /** Whether single changes are timed too, from the hand-over to the platform. */
  readonly idle: boolean;
};

/** How much is run. */
export type Plan = {
  readonly rounds: number;
  readonly warmUp: number;
  readonly deliveries: number;
  readonly singles: number;
  readonly concurrency: number;
  readonly cases: readonly Case[];
  readonly output: string | undefined;
  readonly charts: string | undefined;
};

const HELP = `npm run bench -- [options]

  --quick            fewer deliveries and cases: under three minutes
  --tiny             shows that everything runs, and measures nothing worth reading
  --rounds N         rounds, alternating between the cases (5)
  --deliveries N     deliveries of each drain (5000)
  --warm-up N        deliveries before it, which are not measured (1000)
  --only TEXT        only the cases whose name contains TEXT; several are separated by semicolons
  --json FILE        where the figures are written (bench/results.json)
  --charts FOLDER    where charts are drawn, as SVG
`;

/** Reads the command line; prints the help and gives nothing where that was asked for. */
export function readPlan(args: readonly string[]): Plan | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      tiny: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      deliveries: { type: 'string' },
      'warm-up': { type: 'string' },
      only: { type: 'string' },
      json: { type: 'string' },
      charts: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return undefined;
  }
  const size = values.tiny ? TINY : values.quick ? QUICK : FULL;
  const words = values.only?.split(';');
  const cases = size.cases.filter((each) => !words || words.some((word) => nameOf(each).includes(word)));
  return {
    ...size,
    cases,
    rounds: Number(values.rounds ?? size.rounds),
    deliveries: Number(values.deliveries ?? size.deliveries),
    warmUp: Number(values['warm-up'] ?? size.warmUp),
    concurrency: 64,
    output: values.tiny ? values.json : (values.json ?? 'bench/results.json'),
    charts: values.charts,
  };
}

/** A case in words, for the table and `--only`. */
export function nameOf({ contender, client, store, load, latencyMs, faultRate }: Case): string {
  const extras = [
    ...(latencyMs > 0 ? [`${latencyMs} ms`] : []),
    ...(faultRate > 0 ? [`${faultRate * 100} % of 503`] : []),
  ];
  return [`${contender} + ${client}`, store, load, ...extras].join(', ');
}

const plain = { load: 'goods', latencyMs: 0, faultRate: 0, idle: false } as const;

function line(contender: string, client: Client, store: StoreName, more: Partial<Case> = {}): Case {
  return { ...plain, contender, client, store, ...more };
}

const MAIN: readonly Case[] = [
  line('raw', 'got', 'none'),
  line('bare', 'got', 'postgres', { idle: true }),
  line('ours', 'got', 'postgres', { idle: true }),
  line('pg-boss', 'got', 'postgres'),
  line('raw', 'undici', 'none'),
  line('bare', 'undici', 'postgres'),
  line('ours', 'undici', 'postgres'),
  line('graphile-worker', 'undici', 'postgres'),
];

const OTHER_STORES: readonly Case[] = [
  line('ours', 'got', 'mariadb', { idle: true }),
  line('ours', 'got', 'embedded'),
];

const MORE: readonly Case[] = [
  line('graphile-worker', 'got', 'postgres'),
  line('pg-boss', 'undici', 'postgres'),
  line('bare', 'got', 'postgres', { load: 'orders' }),
  line('ours', 'got', 'postgres', { load: 'orders' }),
  line('ours', 'got', 'mariadb', { load: 'orders' }),
  line('ours', 'got', 'embedded', { load: 'orders' }),
  line('ours', 'undici', 'mariadb'),
  line('bare', 'got', 'postgres', { latencyMs: 20 }),
  line('ours', 'got', 'postgres', { latencyMs: 20 }),
  line('bare', 'got', 'postgres', { faultRate: 0.05 }),
  line('ours', 'got', 'postgres', { faultRate: 0.05 }),
];

const FULL = {
  rounds: 5,
  warmUp: 1000,
  deliveries: 5000,
  singles: 200,
  cases: [...MAIN, ...OTHER_STORES, ...MORE],
};
const QUICK = { rounds: 3, warmUp: 500, deliveries: 2000, singles: 60, cases: [...MAIN, ...OTHER_STORES] };
const TINY = {
  rounds: 1,
  warmUp: 20,
  deliveries: 200,
  singles: 5,
  cases: [
    line('raw', 'got', 'none'),
    line('bare', 'got', 'postgres'),
    line('ours', 'got', 'postgres', { idle: true }),
    line('ours', 'undici', 'postgres', { load: 'orders' }),
    line('ours', 'got', 'embedded'),
  ],
};
