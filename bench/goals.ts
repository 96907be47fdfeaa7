import type { Figures } from './figures.ts';
import { type Case, nameOf } from './plan.ts';

/** What was measured of a case. */
export type Result = { readonly case: Case; readonly figures: Figures };

/** A ratio that is to be reached, and what this run gave. */
export type Goal = {
  readonly text: string;
  readonly wanted: string;
  readonly value: number;
  readonly met: boolean;
};

type Rule = {
  readonly text: string;
  readonly ours: string;
  readonly than?: string;
  readonly pick: (figures: Figures) => number | undefined;
  readonly least?: number;
  readonly most?: number;
};

const rate = (each: Figures): number => each.perSecond;
const time = (each: Figures): number => 1 / each.perSecond;
const GOT = 'ours + got, postgres, goods';
const BARE = 'bare + got, postgres, goods';
const UNDICI = 'ours + undici, postgres, goods';
const FAULTS = ', 5 % of 503';

const RULES: readonly Rule[] = [
  { text: 'drain: ours / bare, got', ours: GOT, than: BARE, pick: rate, least: 1.35 },
  { text: 'drain: ours / raw got loop', ours: GOT, than: 'raw + got, none, goods', pick: rate, least: 0.9 },
  {
    text: 'drain: ours / pg-boss, got',
    ours: GOT,
    than: 'pg-boss + got, postgres, goods',
    pick: rate,
    least: 0.95,
  },
  { text: 'CPU: ours / bare, got', ours: GOT, than: BARE, pick: (each) => each.cpuPerThousand, most: 0.8 },
  {
    text: 'drain: ours / bare, undici',
    ours: UNDICI,
    than: 'bare + undici, postgres, goods',
    pick: rate,
    least: 2,
  },
  {
    text: 'drain: ours / graphile-worker, undici',
    ours: UNDICI,
    than: 'graphile-worker + undici, postgres, goods',
    pick: rate,
    least: 1,
  },
  { text: 'idle p50: ours / bare', ours: GOT, than: BARE, pick: (each) => each.idleP50Ms, most: 2 },
  {
    text: 'idle p50 on MariaDB, ms',
    ours: 'ours + got, mariadb, goods',
    pick: (each) => each.idleP50Ms,
    most: 15,
  },
  { text: 'embedded, per second', ours: 'ours + got, embedded, goods', pick: rate, least: 400 },
  {
    text: 'drain: MariaDB / PostgreSQL',
    ours: 'ours + got, mariadb, goods',
    than: GOT,
    pick: rate,
    least: 0.9,
  },
  {
    text: 'time with 5 % of 503: ours / bare',
    ours: GOT + FAULTS,
    than: BARE + FAULTS,
    pick: time,
    most: 1.2,
  },
];

/** The goals that these results can tell about. */
export function goalsOf(results: readonly Result[]): Goal[] {
  const known = new Map(results.map((each) => [nameOf(each.case), each.figures]));
  return RULES.flatMap((rule) => {
    const ours = known.get(rule.ours);
    const than = rule.than === undefined ? undefined : known.get(rule.than);
    if (!ours || (rule.than !== undefined && !than)) return [];
    const value = (rule.pick(ours) ?? Number.NaN) / (than ? (rule.pick(than) ?? Number.NaN) : 1);
    const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = rule;
    const wanted = rule.least === undefined ? `at most ${rule.most}` : `at least ${rule.least}`;
    return [{ text: rule.text, wanted, value, met: value >= least && value <= most }];
  });
}
