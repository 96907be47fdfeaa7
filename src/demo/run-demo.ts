import { playFaultyPart } from './acts/faulty-part.ts';
import { playFirstSync } from './acts/first-sync.ts';
import { tellLostAnswer } from './acts/lost-answer.ts';
import { playOrderLife } from './acts/order-life.ts';
import { playPriceChange } from './acts/price-change.ts';
import { goOn } from './going-on.ts';
import { printHeading } from './heading.ts';
import type { Show } from './show.ts';
import { openStage, type StageOptions } from './stage.ts';
import { type Summary, summarise } from './summary.ts';
import { createTerminal, type Output } from './terminal.ts';
import { printVerdict } from './verdict.ts';
import { until } from './waiting.ts';
import { printOnceHint, printWhereToLook } from './where-to-look.ts';
import { isSettled } from './written-back.ts';

/** How the demo is played. */
export type DemoOptions = StageOptions & {
  /** Ends after the comparison, instead of going on until the signal. */
  readonly once: boolean;
  readonly output: Output;
  /** Ctrl+C. */
  readonly interrupt: AbortSignal;
  /** After so long the demo says what is missing, and ends. */
  readonly timeLimitMs?: number;
};

const TIME_LIMIT_MS = 90_000;

/**
 * Plays the demo. Gives what it came to, or undefined when it was interrupted before its end. Everything that it
 * started is stopped by then.
 */
export async function runDemo(options: DemoOptions): Promise<Summary | undefined> {
  const startedAt = performance.now();
  const terminal = createTerminal(options.output);
  printHeading(terminal);
  const stage = await openStage(options);
  try {
    const show = { stage, terminal, signal: limited(options) };
    const fault = await playActs(show, options);
    if (options.interrupt.aborted) return undefined;
    const summary = await summarise(stage, { startedAt, fault });
    printVerdict(show, summary);
    if (options.once) printOnceHint(terminal);
    else if (summary.ok) await stayOpen({ ...show, signal: options.interrupt });
    return summary;
  } finally {
    await stage.close();
  }
}

function limited({ timeLimitMs = TIME_LIMIT_MS, interrupt }: DemoOptions): AbortSignal {
  return AbortSignal.any([interrupt, AbortSignal.timeout(timeLimitMs)]);
}

/** Plays all acts. Gives the reason when the time was up before the end. */
async function playActs(
  show: Show,
  { interrupt, timeLimitMs = TIME_LIMIT_MS }: DemoOptions,
): Promise<string | undefined> {
  try {
    const unpriced = await playFirstSync(show);
    await tellLostAnswer(show);
    await playPriceChange(show);
    await playFaultyPart(show, unpriced);
    await playOrderLife(show);
    await until(() => isSettled(show.stage.erp), show.signal);
    return undefined;
  } catch (error) {
    if (!show.signal.aborted) throw error;
    return interrupt.aborted
      ? 'interrupted'
      : `the demo did not come to its end within ${timeLimitMs / 1000} s`;
  }
}

async function stayOpen(show: Show): Promise<void> {
  printWhereToLook(show);
  try {
    await goOn(show);
  } catch (error) {
    if (!show.signal.aborted) throw error;
    show.terminal.print();
    show.terminal.print('   已停止 · Stopped.');
  }
}
