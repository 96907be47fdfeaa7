import { setTimeout as pause } from 'node:timers/promises';
import { costOf, MOST_ATTEMPTS_PER_PROCESS, type OutageCost, readAttempts } from './attempts.ts';
import type { Trouble } from './faults.ts';
import type { PlannedFault } from './plan.ts';
import type { Actor, Stage } from './stage.ts';

/** What a round has seen while its faults struck. */
export type Sightings = {
  readonly wrong: string[];
  readonly outages: OutageCost[];
  /** How often `/readyz` had to say no, and did. */
  readonly blinded: { due: number; told: number };
};

/** Makes one fault, and looks at what must hold while it lasts. */
export async function strike(stage: Stage, planned: PlannedFault, seen: Sightings): Promise<void> {
  const { fault, lastsMs } = planned;
  const actor = stage.actors[planned.actor];
  if (!actor) throw new Error(`There is no agent ${planned.actor}.`);
  await pause(planned.afterMs);
  const measured = fault.outage ? beginOutage(stage, lastsMs, seen) : { lasts: () => pause(lastsMs) };
  const isNoticed = fault.blindsWithinMs !== undefined && lastsMs >= fault.blindsWithinMs;
  const unready = isNoticed ? becomesUnready(actor, lastsMs) : undefined;
  const trouble: Trouble = { lastsMs, lasts: measured.lasts };
  await fault.make(stage, actor, trouble);
  if (unready === undefined) return;
  seen.blinded.due += 1;
  if (await unready) seen.blinded.told += 1;
  else seen.wrong.push(`(f) /readyz said ready all through "${fault.name}" (${lastsMs} ms)`);
}

/** Whether `/readyz` said no (or nobody answered) at some moment of the fault. */
async function becomesUnready({ agent }: Actor, lastsMs: number): Promise<boolean> {
  const end = performance.now() + lastsMs;
  while (performance.now() < end) {
    if ((await agent.ready())?.ready !== true) return true;
    await pause(50);
  }
  return false;
}

/** Reads what was used up at the end of an outage, before it is mended. */
function beginOutage(stage: Stage, lastsMs: number, seen: Sightings): Pick<Trouble, 'lasts'> {
  const launches = (): number => stage.actors.reduce((sum, { agent }) => sum + agent.launches(), 0);
  const launchesBefore = launches();
  const before = readAttempts(stage);
  return {
    lasts: async () => {
      await pause(lastsMs);
      const [first, last] = [await before, await readAttempts(stage)];
      if (!first || !last) return;
      const cost = costOf(first, last);
      seen.outages.push(cost);
      const processes = stage.actors.length + launches() - launchesBefore;
      if (cost.most > MOST_ATTEMPTS_PER_PROCESS * processes)
        seen.wrong.push(
          `(d) an outage of ${lastsMs} ms used up ${cost.most} attempts of one change, with ${processes} processes`,
        );
    },
  };
}
