import { z } from 'zod';

const scope = {
  /** An interface's name; left out or "*" means all. */
  interface: z.string().optional(),
  system: z.enum(['crm', 'data', 'order', 'logistics']).optional(),
  /** The share of matching requests that the fault hits, 0 to 1. */
  rate: z.number().min(0).max(1).optional(),
  /** After so many hits the rule is gone. */
  times: z.int().min(1).optional(),
  /** Only requests that have this field with this value, at any depth: makes one record poison. */
  where: z.strictObject({ field: z.string(), equals: z.union([z.string(), z.number()]) }).optional(),
};
const milliseconds = z.number().min(0);

const plainKinds = z.enum([
  'busy',
  'drop-before',
  'drop-after',
  'truncated',
  'garbage',
  'no-status',
  'wrong-sec',
  'string-status',
  'indexed-data',
]);

/**
 * One rule of trouble.
 *
 * Without an effect: `status` (unless `effect` is true), `busy`, `drop-before`, `hang`, `reject`, `duplicate`.
 * With the effect: `latency` (after the delay), `drop-after`, `hang-after`, `truncated`, `garbage`, `no-status`,
 * `wrong-sec`, `string-status`, `indexed-data`; `partial` has it for the first `lines` lines of an order.
 * A `hang` with `ms` destroys the socket after that time.
 */
export const faultShape = z.discriminatedUnion('kind', [
  z.strictObject({ ...scope, kind: plainKinds }),
  z.strictObject({ ...scope, kind: z.literal('latency'), ms: milliseconds }),
  z.strictObject({
    ...scope,
    kind: z.literal('status'),
    code: z.int().min(200).max(599),
    retryAfter: z.union([z.string(), z.number()]).optional(),
    effect: z.boolean().optional(),
  }),
  z.strictObject({ ...scope, kind: z.literal('hang'), ms: milliseconds.optional() }),
  z.strictObject({ ...scope, kind: z.literal('hang-after'), ms: milliseconds.optional() }),
  z.strictObject({ ...scope, kind: z.literal('reject'), msg: z.string().optional() }),
  z.strictObject({ ...scope, kind: z.literal('duplicate'), msg: z.string().optional() }),
  z.strictObject({ ...scope, kind: z.literal('partial'), lines: z.int().min(1) }),
]);

export type Fault = z.infer<typeof faultShape>;

/** A fault that decides how a request ends; `latency` only delays it. */
export type EndingFault = Exclude<Fault, { kind: 'latency' }>;

export interface Target {
  readonly interface: string;
  readonly system: string;
  readonly body: unknown;
}

/** What the rules do to one request: a delay, then at most one ending. */
export interface PickedFaults {
  readonly delayMs: number;
  readonly ending: EndingFault | undefined;
  readonly kinds: readonly Fault['kind'][];
}

/** The rules in force. Given a seed and the same requests in the same order, it picks the same faults. */
export class FaultBook {
  readonly #seed: number;
  #random: () => number;
  #rules: { readonly fault: Fault; left: number }[] = [];

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = seededRandom(seed);
  }

  /** Replaces all rules and starts the random sequence again. */
  replace(faults: readonly Fault[]): void {
    this.#random = seededRandom(this.#seed);
    this.#rules = faults.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
  }

  /** The rules in force, with what is left of `times`. */
  list(): Fault[] {
    return this.#rules.map(({ fault, left }) =>
      fault.times === undefined ? fault : { ...fault, times: left },
    );
  }

  /** Takes every latency that hits and the first other fault that hits, in the order of the rules. */
  pick(target: Target): PickedFaults {
    let delayMs = 0;
    let ending: EndingFault | undefined;
    const kinds: Fault['kind'][] = [];
    for (const rule of this.#rules) {
      const { fault } = rule;
      if ((fault.kind !== 'latency' && ending !== undefined) || !this.#hits(fault, target)) continue;
      rule.left -= 1;
      kinds.push(fault.kind);
      if (fault.kind === 'latency') delayMs += fault.ms;
      else ending = fault;
    }
    this.#rules = this.#rules.filter(({ left }) => left > 0);
    return { delayMs, ending, kinds };
  }

  #hits(fault: Fault, target: Target): boolean {
    return matches(fault, target) && (fault.rate === undefined || this.#random() < fault.rate);
  }
}

function matches(fault: Fault, target: Target): boolean {
  if (fault.interface !== undefined && fault.interface !== '*' && fault.interface !== target.interface)
    return false;
  if (fault.system !== undefined && fault.system !== target.system) return false;
  if (fault.kind === 'partial' && target.interface !== 'place-order') return false;
  if (fault.kind === 'indexed-data' && !hasValue(target.body, 'op_type', '4')) return false;
  return fault.where === undefined || hasValue(target.body, fault.where.field, String(fault.where.equals));
}

function hasValue(value: unknown, field: string, equals: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([key, inner]) =>
      (key === field && typeof inner !== 'object' && String(inner) === equals) ||
      hasValue(inner, field, equals),
  );
}

/** mulberry32: small, and the same on every machine. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
