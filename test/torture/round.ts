import { setTimeout as pause } from 'node:timers/promises';
import type { OutageCost } from './attempts.ts';
import {
  type Change,
  platformOrderId,
  receipt,
  returnConfirmation,
  TRANSACTIONS,
  type Versions,
  writeScripts,
} from './changes.ts';
import { runScript } from './erp-writers.ts';
import { type PlanOptions, planFaults } from './plan.ts';
import { seeded } from './random.ts';
import type { Stage } from './stage.ts';
import { type Sightings, strike } from './strike.ts';

/** How a round went. */
export type RoundReport = {
  readonly round: number;
  readonly faults: readonly { readonly number: number; readonly name: string }[];
  readonly changes: number;
  /** Seconds from the end of the last fault, and of the last change, until nothing was owed any more. */
  readonly recoverySeconds: number;
  /** Every outage of the platform that could be measured. */
  readonly outages: readonly OutageCost[];
  readonly blinded: { readonly due: number; readonly told: number };
  /** What is not as it must be; each begins with the letter of what was promised. */
  readonly wrong: readonly string[];
};

export type RoundOptions = PlanOptions & {
  readonly round: number;
  readonly versions: Versions;
  /** Transactions of each of the ERP's writers. */
  readonly transactions?: number | undefined;
  /** Makes only these faults, by their number in the run: to find the one that matters. */
  readonly onlyFaults?: readonly number[] | undefined;
  readonly recoverWithinMs: number;
};

/**
 * One round: writers commit, faults strike, and then everything must come to rest by itself and be right. All that it
 * does follows from the seed and its number, so that it can be played again alone.
 */
export async function playRound(stage: Stage, options: RoundOptions): Promise<RoundReport> {
  const random = seeded(options.seed * 1_000_003 + options.round);
  const scripts = writeScripts(random, { ...options, transactions: options.transactions ?? TRANSACTIONS });
  const faults = planFaults(stage, options, options.round).filter(
    ({ number }) => options.onlyFaults?.includes(number) ?? true,
  );
  openPlatformOrders(stage, scripts.flat(2));
  const seen: Sightings = { wrong: [], outages: [], blinded: { due: 0, told: 0 } };
  const { wrong } = seen;
  const before = stage.truth.captured();
  const watching = watchBalance(stage, wrong);
  await Promise.all([
    ...scripts.map((script, writer) =>
      runScript(stage.commit, script, {
        name: `${options.round}-${writer}`,
        gapMs: 30 + Math.floor(random() * 60),
        committed: stage.truth.committed,
      }),
    ),
    finishEarlierOrders(stage, options),
    ...faults.map((planned) => strike(stage, planned, seen)),
  ]).catch((error: unknown) => wrong.push(`(e) the ERP, or a fault, came to no end: ${String(error)}`));
  stage.sandbox.clearFaults();
  const restedAt = performance.now();
  wrong.push(...(await untilRest(stage, options.recoverWithinMs)));
  const recoverySeconds = (performance.now() - restedAt) / 1000;
  watching.stop();
  wrong.push(...stage.truth.faults(stage.sandbox.state()), ...(await ledgerFaults(stage)));
  wrong.push(...stage.actors.flatMap(({ agent }) => agent.unasked.map((end) => `(e) an agent ${end}`)));
  return {
    round: options.round,
    faults: faults.map(({ number, fault }) => ({ number, name: fault.name })),
    changes: stage.truth.captured() - before,
    recoverySeconds,
    outages: seen.outages,
    blinded: seen.blinded,
    wrong,
  };
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
        wrong.push(`(a) the balance was off by ${seen.difference}: ${JSON.stringify(seen.balance)}`);
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
  const owed = await stage.owed();
  return [...missing, ...owed.map((each) => `owed: ${each}`)].map(
    (each) => `(e) no recovery within ${withinMs / 1000} s: ${each}`,
  );
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
  if (!seen) return ['(e) the ledger cannot be read'];
  const { balance, difference } = seen;
  const wanted = stage.truth.captured();
  return [
    ...(difference === 0 ? [] : [`(a) the balance is off by ${difference}: ${JSON.stringify(balance)}`]),
    ...(balance.captured === wanted
      ? []
      : [`(a) captured ${balance.captured}, but ${wanted} were committed`]),
    ...(balance.rejected + balance.dropped === 0
      ? []
      : [`(a) ${balance.rejected} rejected, ${balance.dropped} dropped`]),
  ];
}
