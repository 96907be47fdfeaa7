import type { Stage } from './stage.ts';
import type { Terminal } from './terminal.ts';

/** What every act plays with. The signal ends the show: the time is up, or Ctrl+C. */
export type Show = { readonly stage: Stage; readonly terminal: Terminal; readonly signal: AbortSignal };

/** Prints the title of an act, and one sentence on it in each language. */
export function printAct(
  { terminal }: Pick<Show, 'terminal'>,
  act: { readonly title: string; readonly chinese: string; readonly english: string },
): void {
  terminal.print();
  terminal.print(terminal.paint('bold', act.title));
  terminal.print(terminal.paint('dim', `   ${act.chinese}`));
  terminal.print(terminal.paint('dim', `   ${act.english}`));
  terminal.print();
}

/** Prints a table, its titles dimmed. */
export function printTable(
  { terminal }: Pick<Show, 'terminal'>,
  [titles = '', ...rows]: readonly string[],
): void {
  terminal.print(`   ${terminal.paint('dim', titles)}`);
  for (const row of rows) terminal.print(`   ${row}`);
}

/** The time of day, to the millisecond, as the clock on the wall shows it. */
export function clockTime(at: Date): string {
  const milliseconds = String(at.getMilliseconds()).padStart(3, '0');
  return `${at.toTimeString().slice(0, 8)}.${milliseconds}`;
}
