import fc from 'fast-check';
import { sql } from 'kysely';
import { expect } from 'vitest';
import { type OutboxEntry, writeOutbox } from '../../src/erp/outbox.ts';
import type { Fault, Sandbox } from '../../src/sandbox/sandbox.ts';
import { customer, goods, order } from '../support/running-agent.ts';
import type { AgentParts } from './agent-parts.ts';
import { Death } from './mortal.ts';

/** All that must come of it: the newest state of each goods and customer, and every order and shipment, once. */
export type Model = {
  readonly stock: Map<string, number>;
  readonly address: Map<string, string>;
  readonly orders: Set<string>;
  captured: number;
};

type Real = { readonly agent: AgentParts; readonly perish: (steps: number) => AgentParts };
export type World = {
  real: Real;
  readonly sandbox: Sandbox;
  readonly erp: AgentParts['database'];
  readonly run: number;
};
type Command = fc.AsyncCommand<Model, World>;

const KEYS = 3;
const key = fc.nat({ max: KEYS - 1 });

/** How a change reaches the outbox: with its record, without it (read through the source map), or not at all. */
type Way = 'payload' | 'source map' | 'unseen';

class Capture implements Command {
  readonly kind: 'goods' | 'customer' | 'order';
  readonly name: number;
  readonly value: number;
  readonly way: Way;
  constructor(kind: 'goods' | 'customer' | 'order', name: number, value: number, way: Way) {
    this.kind = kind;
    this.name = name;
    this.value = value;
    this.way = kind === 'goods' ? way : 'payload';
  }
  check = (model: Readonly<Model>): boolean => this.kind !== 'order' || !model.orders.has(String(this.name));
  async run(model: Model, { erp, run }: World): Promise<void> {
    const entries: OutboxEntry[] = this.#changes(run).map((each) => ({
      account: 'default',
      op: 'upsert' as const,
      ...each,
      ...(this.way === 'source map' && { payload: undefined }),
    }));
    if (this.kind === 'goods') await storePart(erp, `G-${run}-${this.name}`, this.value);
    if (this.way !== 'unseen') {
      await writeOutbox(erp.kysely, entries);
      model.captured += this.kind === 'order' ? 3 : 1;
    }
    if (this.kind === 'goods') model.stock.set(`G-${run}-${this.name}`, this.value);
    if (this.kind === 'customer') model.address.set(customerName(run, this.name), `地址${this.value}`);
    if (this.kind === 'order') model.orders.add(String(this.name));
  }
  #changes(run: number) {
    const name = `${run}-${this.name}`;
    if (this.kind === 'goods') return [goods(`G-${name}`, { stock: this.value })];
    if (this.kind === 'customer') return [customer(`C-${name}`, { address: `地址${this.value}` })];
    return [order(`SO-${name}`), shipment(`SO-${name}`)];
  }
  toString = (): string => `capture ${this.kind} ${this.name} = ${this.value} (${this.way})`;
}

const customerName = (run: number, name: number): string => `汽修厂C-${run}-${name}`;

/** The ERP's own row of a part. */
async function storePart({ kysely }: AgentParts['database'], part: string, stock: number): Promise<void> {
  await sql`INSERT INTO erp_part VALUES (${part}, '机油滤清器', '06A115561B', ${stock}, 38.50, now())
    ON CONFLICT (part_no) DO UPDATE SET stock = EXCLUDED.stock`.execute(kysely);
}

/** Sends goods again as the ERP's tables have them, all or some of them; its agent may die over it. */
export class Resync implements Command {
  readonly names: readonly number[] | undefined;
  readonly force: boolean;
  readonly steps: number | undefined;
  constructor(names: readonly number[] | undefined, force: boolean, steps: number | undefined) {
    this.names = names;
    this.force = force;
    this.steps = steps;
  }
  check = (): boolean => true;
  async run(model: Model, { real, erp, run }: World): Promise<void> {
    const keys = (this.names ?? []).map((name) => `G-${run}-${name}`).filter((part) => model.stock.has(part));
    const selection = this.names ? ({ kind: 'keys', keys } as const) : ({ kind: 'all' } as const);
    const before = await countOutbox(erp);
    if (this.steps === undefined) await real.agent.resync(selection, this.force);
    else await real.perish(this.steps).resync(selection, this.force).catch(onlyDeath);
    model.captured += (await countOutbox(erp)) - before;
  }
  toString = (): string =>
    `resync ${this.names?.join(',') ?? 'all'}${this.force ? ', forced' : ''}${this.steps ? `, dying after ${this.steps}` : ''}`;
}

/** How many changes wait in the outbox. */
export async function countOutbox({ kysely }: Pick<AgentParts['database'], 'kysely'>): Promise<number> {
  const count = kysely.selectFrom('ctg_outbox').select((builder) => builder.fn.countAll().as('rows'));
  return Number((await count.executeTakeFirstOrThrow()).rows);
}

function onlyDeath(error: unknown): void {
  if (!(error instanceof Death)) throw error;
}

/** Somebody adds a customer at the platform by hand, and binds the record to it before the agent ever meets it. */
class AddAndBind implements Command {
  readonly name: number;
  readonly steps: number | undefined;
  constructor(name: number, steps: number | undefined) {
    this.name = name;
    this.steps = steps;
  }
  check = (model: Readonly<Model>): boolean =>
    [...model.address.keys()].every((name) => !name.endsWith(`-${this.name}`));
  async run(model: Model, { real, sandbox, run }: World): Promise<void> {
    const name = customerName(run, this.name);
    const id = await addCustomer(sandbox, name);
    const lane = { account: 'default', entity: 'customer', key: `C-${run}-${this.name}` };
    if (this.steps !== undefined) await real.perish(this.steps).bind(lane, id).catch(onlyDeath);
    const bound = await real.agent.bind(lane, id);
    expect(bound.kind).toBe('bound');
    model.address.set(name, '手工');
  }
  toString = (): string => `add customer ${this.name} by hand and bind it`;
}

async function addCustomer(sandbox: Sandbox, name: string): Promise<string> {
  const body = {
    username: '13800000000',
    password: 'sandbox',
    sec: 'sandbox-sec',
    op_type: 1,
    param: { name, phone: '13900001111', address: '手工', trade: '汽修' },
  };
  const headers = { 'content-type': 'application/json' };
  await fetch(`${sandbox.url}/crm/customer`, { method: 'POST', headers, body: JSON.stringify(body) });
  const added = Object.values(sandbox.state().customers).find((each) => each.name === name);
  expect(added).toBeDefined();
  return added?.id ?? '';
}

/** A person binds every order that is held to the number under which the platform has it. */
export class BindHeld implements Command {
  readonly steps: number | undefined;
  constructor(steps: number | undefined) {
    this.steps = steps;
  }
  check = (): boolean => true;
  async run(_model: Model, { real, sandbox, erp }: World): Promise<void> {
    const held = await erp.kysely
      .selectFrom('ctg_delivery')
      .select(['account', 'entity', 'entity_key', 'idempotency_key'])
      .where('state', '=', 'held')
      .execute();
    for (const { account, entity, entity_key, idempotency_key } of held) {
      const line = sandbox.state().timestamps[idempotency_key ?? ''];
      // What was never placed is no order: only what the platform has is held.
      expect(line).toBeDefined();
      const lane = { account, entity, key: entity_key };
      if (this.steps !== undefined) {
        await real
          .perish(this.steps)
          .bind(lane, line?.order_id ?? '')
          .catch(onlyDeath);
      }
      expect((await real.agent.bind(lane, line?.order_id ?? '')).kind).toBe('bound');
    }
  }
  toString = (): string => 'bind what is held';
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

/** An order is placed and its answer lost: what hardly ever comes about by chance. */
class LoseAnswer implements Command {
  readonly name: number;
  constructor(name: number) {
    this.name = name;
  }
  check = (model: Readonly<Model>): boolean => !model.orders.has(String(this.name));
  async run(model: Model, world: World): Promise<void> {
    const { real, sandbox } = world;
    await new Capture('order', this.name, 0, 'payload').run(model, world);
    await real.agent.relay();
    sandbox.setFaults([{ kind: 'drop-after', times: 1, interface: 'place-order' }]);
    await real.agent.deliver();
    sandbox.clearFaults();
  }
  toString = (): string => `place order ${this.name} and lose the answer`;
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
/** After how many steps an agent dies over it, if it does. */
const death = fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined });
/** What may happen, in any order. */
export const commands: fc.Arbitrary<Command>[] = [
  fc
    .tuple(
      fc.constantFrom('goods' as const, 'customer' as const, 'order' as const),
      key,
      fc.nat(3),
      fc.constantFrom<Way>('payload', 'source map', 'unseen'),
    )
    .map((each) => new Capture(...each)),
  fc
    .tuple(fc.option(fc.subarray([0, 1, 2]), { nil: undefined }), fc.boolean(), death)
    .map((each) => new Resync(...each)),
  fc.tuple(key, death).map((each) => new AddAndBind(...each)),
  key.map((name) => new LoseAnswer(name)),
  death.map((steps) => new BindHeld(steps)),
  fc.tuple(fc.constantFrom(...ACTS), fc.option(fault, { nil: undefined })).map((each) => new Work(...each)),
  fc.tuple(fc.constantFrom(...ACTS), fc.integer({ min: 1, max: 60 })).map((each) => new Crash(...each)),
];
