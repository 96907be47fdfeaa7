import type { Account } from '../config/accounts.ts';
import type { PlatformOptions } from '../config/paths.ts';
import type { System } from '../config/systems.ts';
import { type Circuit, type CircuitSnapshot, createCircuit, failureOf } from './circuit.ts';
import type { Permit, Wait } from './circuit-state.ts';
import { judgeReply, type Outcome } from './outcome.ts';
import type { Signer } from './signer.ts';
import type { Transport } from './transport.ts';

/** The part of an interface's declaration that sending needs. */
export type Endpoint = { readonly name: string; readonly system: System; readonly path: string };

/** One request to the platform, without credentials. */
export type GatewayRequest = {
  readonly endpoint: Endpoint;
  readonly account: Account;
  readonly body: Readonly<Record<string, unknown>>;
  /** A reason not to send after all, asked right before the first byte leaves. */
  readonly beforeSend?: () => string | undefined;
  /** Leave that was already got from {@link Gateway.enter}. */
  readonly permit?: Permit | undefined;
  /** The delivery that it is for: what always fails for one must not stand for the system. */
  readonly delivery?: number;
};

/** What one send came to, and how long it took. `circuit-open` means that nothing was tried. */
export type GatewayResult = {
  readonly outcome: Outcome | { readonly kind: 'circuit-open'; readonly waitMs: number };
  readonly durationMs: number;
};

/** The way to the platform: credentials, `sec`, addresses, circuits and the rate. */
export type Gateway = {
  send(request: GatewayRequest): Promise<GatewayResult>;
  /**
   * Waits until a system's circuit gives leave to send. Whoever gets it hands it on with its request, or gives it
   * back with {@link Gateway.giveBack}. What goes `again` lets what was never tried go first, and where many wait it is
   * told to come later. Undefined when `signal` ends the wait.
   */
  enter(system: System, signal: AbortSignal, again: boolean): Promise<Permit | Wait | undefined>;
  giveBack(system: System, permit: Permit): void;
  circuits(): Readonly<Record<System, CircuitSnapshot>>;
  close(): Promise<void>;
};

/** What the gateway is built from. */
export type GatewayOptions = {
  readonly transport: Transport;
  readonly signer: Signer;
  readonly baseUrls: Readonly<Record<System, string | undefined>>;
  readonly platform: PlatformOptions;
  readonly timeoutMs: number;
  /** Sends per second per system; 0 is no limit. */
  readonly rateLimit: number;
  readonly onCircuitChange: (system: System, snapshot: CircuitSnapshot) => void;
  /** Told of each send after its end; a circuit that lets nothing through is none. */
  readonly onSend?: (send: { interface: string; outcome: string; durationMs: number }) => void;
};

/** How often a waiting sender asks the circuit again, at the longest: a circuit that closes early is noticed soon. */
const LONGEST_NAP_MS = 500;
/**
 * A send that outlasts its time limit by so much says nothing of the system. The embedded store stops everything else while
 * it works, and a busy machine would open the circuit of a platform that answers.
 */
const LATE_MS = 2_000;

/**
 * Sends that failed before and wait for a closed circuit in their slot; more would keep out what was never tried, and
 * may well go through.
 */
const MOST_WAITING_AGAIN = 16;

/** Who waits for a circuit: what was never tried, and what goes again. */
type WaitingSends = { first: number; again: number };

const newQueue = (): WaitingSends => ({ first: 0, again: 0 });

/** Builds the gateway. Connects to nothing until the first send. */
export function createGateway(options: GatewayOptions): Gateway {
  const clock = (): number => performance.now();
  const circuitOf = (system: System): Circuit =>
    createCircuit({
      now: clock,
      random: Math.random,
      probeTimeoutMs: options.timeoutMs * 2 + 10_000,
      onChange: (snapshot) => options.onCircuitChange(system, snapshot),
    });
  const circuits = {
    crm: circuitOf('crm'),
    data: circuitOf('data'),
    order: circuitOf('order'),
    logistics: circuitOf('logistics'),
  };
  const pacers = {
    crm: createPacer(options),
    data: createPacer(options),
    order: createPacer(options),
    logistics: createPacer(options),
  };

  const send = async (request: GatewayRequest): Promise<GatewayResult> => {
    const { system } = request.endpoint;
    const permit = request.permit ?? circuits[system].enter();
    if (permit.kind === 'wait')
      return { outcome: { kind: 'circuit-open', waitMs: permit.waitMs }, durationMs: 0 };
    await pacers[system]();
    const limitMs = timeoutOf(options, request.endpoint);
    const { outcome, durationMs } = await sendOnce(options, request, limitMs);
    const result = failureOf(outcome);
    // Noticed so late, the time limit ran out while this process stood still: the answer may have been there.
    circuits[system].record(
      result === 'failure' && durationMs > limitMs + LATE_MS ? 'neutral' : result,
      permit,
      request.delivery,
    );
    options.onSend?.({ interface: request.endpoint.name, outcome: outcome.kind, durationMs });
    return { outcome, durationMs };
  };
  const queues = { crm: newQueue(), data: newQueue(), order: newQueue(), logistics: newQueue() };
  const enter: Gateway['enter'] = async (system, signal, again) => {
    const [circuit, queue] = [circuits[system], queues[system]];
    const mine = again ? 'again' : 'first';
    while (!signal.aborted) {
      const yields = again && queue.first > 0;
      const answer: Permit | Wait = yields ? { kind: 'wait', waitMs: LONGEST_NAP_MS } : circuit.enter();
      if (answer.kind === 'go' || (again && queue.again >= MOST_WAITING_AGAIN)) return answer;
      queue[mine] += 1;
      await nap(Math.min(answer.waitMs + 5, LONGEST_NAP_MS), signal);
      queue[mine] -= 1;
    }
    return undefined;
  };
  return {
    send,
    enter,
    giveBack: (system, permit) => circuits[system].record('unused', permit),
    circuits: () => ({
      crm: circuits.crm.snapshot(),
      data: circuits.data.snapshot(),
      order: circuits.order.snapshot(),
      logistics: circuits.logistics.snapshot(),
    }),
    close: () => options.transport.close(),
  };
}

function timeoutOf({ platform, timeoutMs }: GatewayOptions, { name }: Endpoint): number {
  return platform.interfaces[name]?.timeoutMs ?? timeoutMs;
}

async function sendOnce(
  options: GatewayOptions,
  request: GatewayRequest,
  timeoutMs: number,
): Promise<{ outcome: Outcome; durationMs: number }> {
  const { endpoint, account, body } = request;
  const base = account.urls[endpoint.system] ?? options.baseUrls[endpoint.system];
  if (base === undefined) {
    const message = `No address is set for the system "${endpoint.system}". Set CTG_BASE_URL or CTG_${endpoint.system.toUpperCase()}_URL.`;
    return { outcome: { kind: 'not-sent', code: 'INVALID_URL', message }, durationMs: 0 };
  }
  const adjusted = options.platform.interfaces[endpoint.name];
  const secret = account.sec.reveal();
  const credentials = { username: account.username, password: account.password.reveal() };
  const result = await options.transport.send({
    system: endpoint.system,
    url: `${base}${adjusted?.path ?? endpoint.path}`,
    body: JSON.stringify(options.signer.sign({ ...credentials, ...body }, secret)),
    timeoutMs,
    ...(request.beforeSend && { beforeSend: request.beforeSend }),
  });
  const outcome = judgeReply(result, {
    patterns: options.platform.patterns,
    verify: (reply) => options.signer.verify(reply, secret),
  });
  return { outcome, durationMs: result.durationMs };
}

/** Spaces sends evenly, so that no second holds more than `rateLimit` of them. */
function createPacer({ rateLimit }: GatewayOptions): () => Promise<void> {
  let free = 0;
  return async () => {
    if (rateLimit === 0) return;
    const now = performance.now();
    const turn = Math.max(now, free);
    free = turn + 1000 / rateLimit;
    if (turn > now) await new Promise((resolve) => setTimeout(resolve, turn - now));
  };
}

/** Sleeps, unless `signal` ends it. */
async function nap(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
