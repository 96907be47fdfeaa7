import { setTimeout as pause } from 'node:timers/promises';
import {
  type Change,
  platformOrderId,
  receipt,
  returnConfirmation,
  type Versions,
  writeScripts,
} from './changes.ts';
import { runScript } from './erp-writers.ts';
import { type Fault, faultsOn } from './faults.ts';
import { between, pick, type Random, seeded } from './random.ts';
import type { Actor, Stage } from './stage.ts';

/** How a round went. */
export type RoundReport = {
  readonly round: number;
  readonly faults: readonly string[];
  readonly changes: number;
  /** Seconds from the end of the last fault, and of the last change, until nothing was owed any more. */
  readonly recoverySeconds: number;
  /** Most attempts that one change had when an outage of the platform ended; undefined when there was none. */
  readonly attemptsInOutage: number | undefined;
  readonly wrong: readonly string[];
};

export type RoundOptions = {
  readonly seed: number;
  readonly round: number;
  readonly versions: Versions;
  /** Makes only these of the round's faults, by their place: to find the one that matters. */
  readonly onlyFaults?: readonly number[] | undefined;
  readonly recoverWithinMs: number;
  readonly lastsMs: { readonly from: number; readonly to: number };
};

/** A change may have so many attempts at the end of an outage: those before the circuit opened, and probes. */
const MOST_ATTEMPTS_IN_OUTAGE = 12;

/** What says nothing is taken for slow at first: `/readyz` gives each part three seconds to answer. */
const NOTICED_AFTER_MS = 5_000;

/** A fault of a round: which, when, on whom and for how long. */
type PlannedFault = {
  readonly fault: Fault;
  readonly afterMs: number;
  readonly actor: Actor;
  readonly lastsMs: number;
};

/**
 * One round: writers commit, faults strike, and then everything must come to rest by itself and be right. All that it
 * does follows from the seed and its number, so that it can be played again alone.
 */
export async function playRound(stage: Stage, options: RoundOptions): Promise<RoundReport> {
  const random = seeded(options.seed * 1_000_003 + options.round);
  const scripts = writeScripts(random, options.round, options.versions);
  const faults = planFaults(random, stage, options).filter(
    (_fault, index) => options.onlyFaults?.includes(index) ?? true,
  );
  openPlatformOrders(stage, scripts.flat(2));
  const wrong: string[] = [];
  const before = stage.truth.captured();
  const watching = watchBalance(stage, wrong);
  const attempts: number[] = [];
  await Promise.all([
    ...scripts.map((script, writer) =>
      runScript(stage.commit, script, {
        name: `${options.round}-${writer}`,
        gapMs: 30 + Math.floor(random() * 60),
        committed: stage.truth.committed,
      }),
    ),
    finishEarlierOrders(stage, options),
    ...faults.map((planned) => strike(stage, planned, { wrong, attempts })),
  ]);
  stage.sandbox.clearFaults();
  const restedAt = performance.now();
  wrong.push(...(await untilRest(stage, options.recoverWithinMs)));
  const recoverySeconds = (performance.now() - restedAt) / 1000;
  watching.stop();
  wrong.push(...stage.truth.faults(stage.sandbox.state()), ...(await ledgerFaults(stage)));
  wrong.push(...stage.actors.flatMap(({ agent }) => agent.unasked));
  return {
    round: options.round,
    faults: faults.map(({ fault }) => fault.name),
    changes: stage.truth.captured() - before,
    recoverySeconds,
    attemptsInOutage: attempts.length > 0 ? Math.max(...attempts) : undefined,
    wrong,
  };
}

function planFaults(random: Random, stage: Stage, { lastsMs }: RoundOptions): PlannedFault[] {
  const possible = faultsOn(stage);
  const planned = Array.from({ length: between(random, 1, 3) }, () => ({
    fault: pick(random, possible),
    afterMs: between(random, 100, 1_500),
    actor: pick(random, stage.actors),
    lastsMs: between(random, lastsMs.from, lastsMs.to),
  }));
  const isFirstRestart = ({ fault }: PlannedFault, index: number): boolean =>
    fault.restarts === undefined ||
    planned.findIndex((other) => other.fault.restarts === fault.restarts) === index;
  return planned.filter(isFirstRestart);
}

async function strike(
  stage: Stage,
  { fault, afterMs, actor, lastsMs }: PlannedFault,
  seen: { readonly wrong: string[]; readonly attempts: number[] },
): Promise<void> {
  await pause(afterMs);
  const isNoticed = fault.blinds === true && lastsMs >= NOTICED_AFTER_MS;
  const blind = isNoticed ? becomesUnready(actor, lastsMs) : undefined;
  await fault.make(stage, actor, lastsMs);
  if (fault.outage) seen.attempts.push(await mostAttempts(stage));
  if (seen.attempts.some((attempts) => attempts > MOST_ATTEMPTS_IN_OUTAGE))
    seen.wrong.push(`an outage used up ${Math.max(...seen.attempts)} attempts of one change`);
  if ((await blind) === false) seen.wrong.push(`/readyz said ready all through "${fault.name}"`);
}

/** Whether `/readyz` said no (or nobody answered) at some moment of the fault. */
async function becomesUnready({ agent }: Actor, lastsMs: number): Promise<boolean> {
  const end = performance.now() + lastsMs;
  while (performance.now() < end) {
    if ((await agent.ready())?.ready !== true) return true;
    await pause(100);
  }
  return false;
}

async function mostAttempts({ database }: Stage): Promise<number> {
  const rows = await database?.kysely
    .selectFrom('ctg_delivery')
    .select('attempts')
    .where('open_lane', 'is not', null)
    .orderBy('attempts', 'desc')
    .limit(1)
    .execute()
    .catch(() => undefined);
  return Number(rows?.[0]?.attempts ?? 0);
}

function openPlatformOrders({ sandbox }: Stage, changes: readonly Change[]): void {
  const PLACED = 1;
  for (const { entity, key } of changes) {
    const id = key.slice('AC-'.length);
    if (entity === 'order_acceptance' && id.startsWith(platformOrderId('')))
      sandbox.setOrderStatus(id, PLACED);
  }
}

/** Receipts of what has been shipped, and returns of some of what has been received, in the rounds before. */
async function finishEarlierOrders(stage: Stage, { round }: RoundOptions): Promise<void> {
  const { sandbox, truth, commit } = stage;
  const all = Object.values(sandbox.state().orders).filter(({ timestamps }) => timestamps.length > 0);
  const shipped = all.filter(({ ships, receives, status }) => ships > 0 && receives === 0 && status === 50);
  const received = all.filter(({ status }) => status === 55).filter((_order, index) => index % 3 === 0);
  for (const { order_id } of received) sandbox.setOrderStatus(order_id, 60);
  const changes = [
    ...shipped.map(({ shipment }) => receipt(keyOf(shipment?.logistics_order))),
    ...received.map(({ shipment }) => returnConfirmation(keyOf(shipment?.logistics_order))),
  ];
  if (changes.length === 0) return;
  await commit(`${round}-finish`, changes);
  truth.committed(changes);
}

const keyOf = (waybill: string | undefined): string => (waybill ?? '').slice('W-'.length);

/** Asks for the balance all the time. */
function watchBalance(stage: Stage, wrong: string[]): { stop(): void } {
  let stopped = false;
  const watch = async (): Promise<void> => {
    while (!stopped) {
      const seen = await stage.balance();
      if (seen && seen.difference !== 0)
        wrong.push(`the balance was off by ${seen.difference}: ${JSON.stringify(seen.balance)}`);
      await pause(300);
    }
  };
  void watch();
  return {
    stop: () => {
      stopped = true;
    },
  };
}

/** Waits until nothing is owed and every agent is ready; says what is missing when that takes too long. */
async function untilRest(stage: Stage, withinMs: number): Promise<string[]> {
  const end = performance.now() + withinMs;
  let missing: string[] = [];
  while (performance.now() < end) {
    missing = await whatIsMissing(stage);
    if (missing.length === 0) return [];
    await pause(200);
  }
  return missing.map((each) => `no recovery within ${withinMs / 1000} s: ${each}`);
}

async function whatIsMissing(stage: Stage): Promise<string[]> {
  const readiness = await Promise.all(stage.actors.map(({ agent }) => agent.ready()));
  const unready = readiness.flatMap((each, index) =>
    each?.ready ? [] : [`agent ${index} is not ready: ${each?.reasons.join('; ') ?? 'it does not answer'}`],
  );
  const seen = await stage.balance();
  if (!seen) return [...unready, 'the ledger cannot be read'];
  const { open, inDoubt, captured } = seen.balance;
  const wanted = stage.truth.captured();
  return [
    ...unready,
    ...(open + inDoubt > 0 ? [`${open} open, ${inDoubt} in doubt`] : []),
    ...(captured < wanted ? [`captured ${captured} of ${wanted}`] : []),
  ];
}

async function ledgerFaults(stage: Stage): Promise<string[]> {
  const seen = await stage.balance();
  if (!seen) return ['the ledger cannot be read'];
  const { balance, difference } = seen;
  const wanted = stage.truth.captured();
  return [
    ...(difference === 0 ? [] : [`the balance is off by ${difference}: ${JSON.stringify(balance)}`]),
    ...(balance.captured === wanted ? [] : [`captured ${balance.captured}, but ${wanted} were committed`]),
    ...(balance.rejected + balance.dropped === 0
      ? []
      : [`${balance.rejected} rejected, ${balance.dropped} dropped`]),
  ];
}
