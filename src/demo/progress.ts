import { MultiBar, type SingleBar } from 'cli-progress';
import { displayWidth, pad } from './table.ts';
import type { Terminal } from './terminal.ts';

/** How far one thing is. */
export type Gauge = {
  readonly label: string;
  readonly value: number;
  readonly total: number;
  readonly note?: string;
  /** Whether nothing more is to come, although the bar is not full. */
  readonly ended?: boolean;
};

/** Bars on a terminal; elsewhere one line for each thing once it is complete. */
export type Progress = { update(gauges: readonly Gauge[]): void; stop(): void };

/** Opens the bars; they are drawn with the first update. */
export function openProgress(terminal: Terminal): Progress {
  return terminal.isTTY ? openBars(terminal) : openLines(terminal);
}

function openLines(terminal: Terminal): Progress {
  const told = new Set<string>();
  return {
    update: (gauges) => {
      const width = labelWidth(gauges);
      for (const { label, value, total, note = '', ended = value >= total } of gauges) {
        if (!ended || told.has(label)) continue;
        told.add(label);
        terminal.print(`   ${pad(label, width)}  ${value}/${total}  ${note}`.trimEnd());
      }
    },
    stop: () => undefined,
  };
}

function openBars(terminal: Terminal): Progress {
  const bars = createBars(terminal);
  const byLabel = new Map<string, SingleBar>();
  return {
    update: (gauges) => {
      const width = labelWidth(gauges);
      for (const { label, value, total, note = '' } of gauges) {
        const payload = { label: pad(label, width), note };
        const bar = byLabel.get(label) ?? bars.create(total, 0, payload);
        byLabel.set(label, bar);
        bar.update(value, payload);
      }
    },
    stop: () => bars.stop(),
  };
}

function createBars(terminal: Terminal): MultiBar {
  return new MultiBar({
    stream: terminal.stream,
    format: `   {label}  ${terminal.paint('cyan', '{bar}')}  {value}/{total}  ${terminal.paint('dim', '{note}')}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 28,
    hideCursor: true,
    emptyOnZero: true,
    fps: 12,
  });
}

function labelWidth(gauges: readonly Gauge[]): number {
  return Math.max(...gauges.map(({ label }) => displayWidth(label)));
}
