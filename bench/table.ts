import type { Goal, Result } from './goals.ts';
import { nameOf } from './plan.ts';

/** Prints the figures, a line for each case. */
export function printResults(results: readonly Result[]): void {
  const number = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '';
  const rows = results.map(({ case: each, figures }) => [
    nameOf(each),
    number(figures.perSecond, 0),
    number(figures.cpuPerThousand, 2),
    number(figures.peakRssMb, 0),
    number(figures.statementsPer, 2),
    number(figures.roundTripsPer, 2),
    number(figures.idleP50Ms, 1),
    number(figures.idleP99Ms, 1),
  ]);
  const head = [
    'case',
    'per s',
    'CPU s/1000',
    'RSS MB',
    'statements',
    'round trips',
    'idle p50',
    'idle p99 ms',
  ];
  print([head, ...rows]);
}

/** Prints what this run says about the goals. */
export function printGoals(goals: readonly Goal[]): void {
  const rows = goals.map((goal) => [
    goal.text,
    goal.wanted,
    goal.value.toFixed(2),
    goal.met ? 'met' : 'NOT MET',
  ]);
  print([['goal', 'wanted', 'this run', ''], ...rows]);
}

function print(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  console.log(`\n${rows.map((row) => row.map(pad).join('  ')).join('\n')}`);
}
