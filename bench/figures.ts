import type { Case } from './plan.ts';
import type { ResponderReport } from './responder.ts';
import type { Measured, Task } from './run-contender.ts';

/** The figures of one run of a case. */
export type Figures = {
  readonly perSecond: number;
  readonly cpuPerThousand: number;
  readonly peakRssMb: number;
  readonly statementsPer: number;
  readonly roundTripsPer: number;
  readonly idleP50Ms: number | undefined;
  readonly idleP99Ms: number | undefined;
};

/** The figures of a run. Throws when something was not delivered, or delivered twice. */
export function figuresOf(each: Case, task: Task, measured: Measured, report: ResponderReport): Figures {
  const { deliveries, warmUp, singles } = task;
  const expected = warmUp + deliveries + singles;
  if (report.accepted !== expected || report.repeated > 0) {
    throw new Error(
      `${each.contender}: ${report.accepted} of ${expected} delivered, ${report.repeated} of them again.`,
    );
  }
  const idle = Object.entries(measured.handedOver)
    .map(([index, at]) => (report.at[`G-${index}`] ?? Number.NaN) - at)
    .sort((a, b) => a - b);
  return {
    perSecond: deliveries / (measured.drainMs / 1000),
    cpuPerThousand: measured.cpuMs / deliveries,
    peakRssMb: measured.peakRssMb,
    statementsPer: measured.statements / deliveries,
    roundTripsPer: measured.roundTrips / deliveries,
    idleP50Ms: idle[Math.floor(idle.length / 2)],
    idleP99Ms: idle[Math.floor(idle.length * 0.99)],
  };
}

/** The median of each figure over all rounds. */
export function medians(rounds: readonly Figures[]): Figures {
  const of = (pick: (each: Figures) => number): number => median(rounds.map(pick));
  const some = (pick: (each: Figures) => number | undefined): number | undefined => {
    const values = rounds.flatMap((each) => pick(each) ?? []);
    return values.length === 0 ? undefined : median(values);
  };
  return {
    perSecond: of((each) => each.perSecond),
    cpuPerThousand: of((each) => each.cpuPerThousand),
    peakRssMb: of((each) => each.peakRssMb),
    statementsPer: of((each) => each.statementsPer),
    roundTripsPer: of((each) => each.roundTripsPer),
    idleP50Ms: some((each) => each.idleP50Ms),
    idleP99Ms: some((each) => each.idleP99Ms),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}
