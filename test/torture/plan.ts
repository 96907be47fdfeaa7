import { type Fault, faultsOn } from './faults.ts';
import { between, pick, seeded } from './random.ts';
import type { Stage } from './stage.ts';

/** A fault of a round: which, when, on which agent and for how long. */
export type PlannedFault = {
  /** Its number in the whole run, from 1: the first fault of the first round is 1. */
  readonly number: number;
  readonly fault: Fault;
  readonly afterMs: number;
  readonly actor: number;
  readonly lastsMs: number;
};

/** What the faults of a run follow from. */
export type PlanOptions = {
  readonly seed: number;
  readonly lastsMs: { readonly from: number; readonly to: number };
  /** Faults, by name, that a round makes instead of its own. */
  readonly named?: ((round: number) => readonly string[] | undefined) | undefined;
};

type Place = Pick<Stage, 'store' | 'actors'>;

/** The faults of one round. They follow from the seed, the store and the number of agents alone. */
export function planFaults(stage: Place, options: PlanOptions, round: number): PlannedFault[] {
  let before = 0;
  for (let earlier = 0; earlier < round; earlier++) before += planRound(stage, options, earlier).length;
  return planRound(stage, options, round).map((planned, index) => ({
    ...planned,
    number: before + index + 1,
  }));
}

/** The numbers of a round's faults, from 1, without what only a run knows. */
function planRound(stage: Place, options: PlanOptions, round: number): Omit<PlannedFault, 'number'>[] {
  const random = seeded(options.seed * 1_000_003 + round * 17 + 5);
  const possible = faultsOn(stage);
  const named = options.named?.(round)?.map((name) => faultNamed(possible, name));
  const faults = named ?? Array.from({ length: between(random, 1, 3) }, () => pick(random, possible));
  const planned = faults.map((fault) => ({
    fault,
    afterMs: between(random, 100, 1_500),
    actor: between(random, 0, stage.actors.length - 1),
    lastsMs: Math.max(
      between(random, options.lastsMs.from, options.lastsMs.to),
      named === undefined ? 0 : (fault.blindsWithinMs ?? 0),
    ),
  }));
  return planned.filter(
    ({ fault }, index) =>
      fault.restarts === undefined ||
      planned.findIndex((other) => other.fault.restarts === fault.restarts) === index,
  );
}

function faultNamed(possible: readonly Fault[], name: string): Fault {
  const fault = possible.find((each) => each.name === name);
  if (!fault)
    throw new Error(
      `There is no fault "${name}" here. There are:\n${possible.map((each) => `  ${each.name}`).join('\n')}`,
    );
  return fault;
}
