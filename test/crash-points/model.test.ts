import type { PGlite } from '@electric-sql/pglite';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OutboxEntry, writeOutbox } from '../../src/erp/outbox.ts';
import { readSummary } from '../../src/ledger/balance.ts';
import type { Transport } from '../../src/platform/transport.ts';
import type { Fault, Sandbox } from '../../src/sandbox/sandbox.ts';
import { customer, goods, order } from '../support/running-agent.ts';
import { type AgentParts, buildAgent } from './agent-parts.ts';
import { liveFor, openMortalDatabase } from './mortal.ts';
import { type MortalWorld, startMortalWorld } from './mortal-world.ts';

/** By hand, for thousands: `MODEL_RUNS=5000 npx vitest run test/crash-points/model.test.ts`. */
const RUNS = Number(process.env.MODEL_RUNS ?? 150);

/** All that must come of it: the newest state of each goods and customer, and every order and shipment, once. */
type Model = {
  readonly stock: Map<string, number>;
  readonly address: Map<string, string>;
  readonly orders: Set<string>;
  captured: number;
};

type Real = { readonly agent: AgentParts; readonly perish: (steps: number) => AgentParts };
type World = {
  real: Real;
  readonly sandbox: Sandbox;
  readonly erp: AgentParts['database'];
  readonly run: number;
};
type Command = fc.AsyncCommand<Model, World>;

const KEYS = 3;
const key = fc.nat({ max: KEYS - 1 });

class Capture implements Command {
  readonly kind: 'goods' | 'customer' | 'order';
  readonly name: number;
  readonly value: number;
  readonly force: boolean;
  constructor(kind: 'goods' | 'customer' | 'order', name: number, value: number, force: boolean) {
    this.kind = kind;
    this.name = name;
    this.value = value;
    this.force = force;
  }
  check = (model: Readonly<Model>): boolean => this.kind !== 'order' || !model.orders.has(String(this.name));
  async run(model: Model, { erp, run }: World): Promise<void> {
    const op = this.force ? ('force' as const) : ('upsert' as const);
    const entries: OutboxEntry[] = this.#changes(run).map((each) => ({ account: 'default', op, ...each }));
    await writeOutbox(erp.kysely, entries);
    model.captured += this.kind === 'order' ? 3 : 1;
    if (this.kind === 'goods') model.stock.set(`G-${run}-${this.name}`, this.value);
    if (this.kind === 'customer') model.address.set(`汽修厂C-${run}-${this.name}`, `地址${this.value}`);
    if (this.kind === 'order') model.orders.add(String(this.name));
  }
  #changes(run: number) {
    const name = `${run}-${this.name}`;
    if (this.kind === 'goods') return [goods(`G-${name}`, { stock: this.value })];
    if (this.kind === 'customer') return [customer(`C-${name}`, { address: `地址${this.value}` })];
    return [order(`SO-${name}`), shipment(`SO-${name}`)];
  }
  toString = (): string => `${this.force ? 'resync' : 'capture'} ${this.kind} ${this.name} = ${this.value}`;
}

function shipment(orderKey: string) {
  const payload = { orderKey, logisticsId: 'L1', logisticsName: '顺丰', logisticsOrder: 'W1' };
  return { entity: 'shipment', key: `SH-${orderKey}`, payload };
}

type Act = 'relay' | 'deliver' | 'deliver one' | 'sweep' | 'poll';
const ACTS: readonly Act[] = ['relay', 'deliver', 'deliver one', 'sweep', 'poll'];

function act(agent: AgentParts, what: Act): Promise<unknown> {
  return what === 'deliver one' ? agent.deliver(1) : agent[what]();
}

/** One part of an agent does its work, and the platform answers as it likes. */
class Work implements Command {
  readonly what: Act;
  readonly fault: Fault | undefined;
  constructor(what: Act, fault: Fault | undefined) {
    this.what = what;
    this.fault = fault;
  }
  check = (): boolean => true;
  async run(_model: Model, { real, sandbox }: World): Promise<void> {
    sandbox.setFaults(this.fault ? [this.fault] : []);
    await act(real.agent, this.what);
    sandbox.clearFaults();
  }
  toString = (): string => `${this.what}${this.fault ? ` under ${this.fault.kind}` : ''}`;
}

/** An agent begins something, dies so many steps later, and another takes its place. */
class Crash implements Command {
  readonly what: Act;
  readonly steps: number;
  constructor(what: Act, steps: number) {
    this.what = what;
    this.steps = steps;
  }
  check = (): boolean => true;
  async run(_model: Model, world: World): Promise<void> {
    await act(world.real.perish(this.steps), this.what).catch(() => undefined);
    await world.real.agent.begin();
  }
  toString = (): string => `die ${this.steps} steps into ${this.what}`;
}

const fault = fc.constantFrom<Fault>(
  { kind: 'drop-before', times: 1 },
  { kind: 'drop-after', times: 1 },
  { kind: 'garbage', times: 1 },
  { kind: 'truncated', times: 1 },
  { kind: 'wrong-sec', times: 1 },
  { kind: 'busy', times: 1 },
  { kind: 'status', code: 503, times: 1 },
  { kind: 'status', code: 500, effect: true, times: 1 },
);
const commands: fc.Arbitrary<Command>[] = [
  fc
    .tuple(
      fc.constantFrom('goods' as const, 'customer' as const, 'order' as const),
      key,
      fc.nat(3),
      fc.boolean(),
    )
    .map(([kind, name, value, force]) => new Capture(kind, name, value, force && kind !== 'order')),
  fc.tuple(fc.constantFrom(...ACTS), fc.option(fault, { nil: undefined })).map((each) => new Work(...each)),
  fc.tuple(fc.constantFrom(...ACTS), fc.integer({ min: 1, max: 60 })).map((each) => new Crash(...each)),
];

describe('the ledger, against a simple model of it', () => {
  let world: MortalWorld;
  let sandbox: Sandbox;
  let store: PGlite;
  let transport: Transport;
  let runs = 0;
  let captured = 0;
  beforeAll(async () => {
    world = await startMortalWorld();
    ({ sandbox, store, transport } = world);
  });
  afterAll(() => world.end());

  const build = (steps?: number): AgentParts =>
    buildAgent({ store, life: liveFor(steps), transport, platformUrl: sandbox.url });

  it('whatever is captured, sent, lost, repeated and killed', async () => {
    const erp = openMortalDatabase(store, liveFor());
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 25 }), async (sequence) => {
        const model: Model = { stock: new Map(), address: new Map(), orders: new Set(), captured: 0 };
        const run = ++runs;
        const agent = build();
        await agent.begin();
        const world: World = { real: { agent, perish: build }, sandbox, erp, run };
        await fc.asyncModelRun(() => ({ model, real: world }), sequence);
        await agent.finish();
        captured += model.captured;
        const { balance, difference } = await readSummary(erp);
        expect(difference).toBe(0);
        expect(balance).toMatchObject({ captured, open: 0, inDoubt: 0, rejected: 0, dropped: 0 });
        expectPlatformToHold(sandbox, model, run);
      }),
      { numRuns: RUNS },
    );
  }, 3_600_000);
});

function expectPlatformToHold(sandbox: Sandbox, model: Model, run: number): void {
  const state = sandbox.state();
  expect(state.violations).toEqual([]);
  const stock = Object.values(state.goods).filter(({ goods_ID }) => goods_ID.startsWith(`G-${run}-`));
  expect(new Map(stock.map(({ goods_ID, lastBody }) => [goods_ID, lastBody.stock]))).toEqual(model.stock);
  const customers = Object.values(state.customers).filter(({ name }) => name.startsWith(`汽修厂C-${run}-`));
  expect(customers).toHaveLength(model.address.size);
  expect(new Map(customers.map(({ name, address }) => [name, address]))).toEqual(model.address);
  const lines = Object.values(state.timestamps);
  expect(lines.every(({ effects }) => effects === 1)).toBe(true);
  expect(Object.values(state.reminders).every(({ effects }) => effects === 1)).toBe(true);
  expect(Object.keys(state.reminders)).toHaveLength(lines.length);
  expect(Object.values(state.orders).every(({ ships }) => ships === 1)).toBe(true);
}
