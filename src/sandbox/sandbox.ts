import Fastify, { type FastifyInstance } from 'fastify';
import { addControlRoutes } from './control-routes.ts';
import { refused } from './define-interface.ts';
import type { Fault } from './faults.ts';
import type { LifecycleSettings } from './lifecycle.ts';
import { playInterfaces } from './play-interfaces.ts';
import type { RecordedRequest } from './recorder.ts';
import { type MovedOrder, SandboxControls } from './sandbox-controls.ts';
import type { SandboxState } from './sandbox-state.ts';
import type { Effect, ResendMode, SandboxAccount } from './world.ts';

export type { Fault } from './faults.ts';
export type { RecordedRequest } from './recorder.ts';
export { sandboxInterfaces } from './sandbox-interfaces.ts';
export type { SandboxState } from './sandbox-state.ts';
export type { Effect, ResendMode, SandboxAccount } from './world.ts';

export interface SandboxOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly host?: string;
  readonly sec?: string;
  /** Left out, there is one: username "13800000000", password "sandbox". */
  readonly accounts?: readonly SandboxAccount[];
  /** The largest pageSize; a query that asks for more is refused. */
  readonly pageSizeMax?: number;
  /** Off unless given. */
  readonly lifecycle?: LifecycleSettings;
  /** What happens to a timestamp that is known (interfaces 7 and 8). */
  readonly resendMode?: ResendMode;
  /** Of the random numbers behind a fault's `rate`. */
  readonly seed?: number;
  /** Called at every accepted change, in order: the hook for checks that nothing goes backwards. */
  readonly onEffect?: (effect: Effect) => void;
  /** An OpenAPI document of the platform, served at `/_sandbox/openapi.json`; left out, nothing is there. */
  readonly openapi?: unknown;
}

export interface Sandbox {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  state(): SandboxState;
  faults(): Fault[];
  setFaults(faults: readonly Fault[]): void;
  clearFaults(): void;
  setResendMode(mode: ResendMode): void;
  requests(): RecordedRequest[];
  reset(): void;
  advance(orderId?: string): MovedOrder[];
  setOrderStatus(orderId: string, status: number): void;
  /** Destroys the sockets that hang, too. */
  close(): Promise<void>;
}

const defaultAccounts: readonly SandboxAccount[] = [
  { username: '13800000000', password: 'sandbox', companyid: 'E1001', companyName: '示例汽配有限公司' },
];

const BODY_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Starts the platform's stand-in: all 15 interfaces of the document, strict about every name, in memory.
 *
 * ```ts
 * const sandbox = await startSandbox();
 * sandbox.setFaults([{ interface: 'place-order', kind: 'drop-after', times: 1 }]);
 * await sandbox.close();
 * ```
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const controls = new SandboxControls(completeOptions(options));
  const app = createServer(controls, options.openapi);
  const url = await app.listen({ port: options.port ?? 0, host: options.host ?? '127.0.0.1' });
  return exposeSandbox({ app, controls, url });
}

function completeOptions(options: SandboxOptions) {
  return {
    sec: options.sec ?? 'sandbox-sec',
    accounts: options.accounts ?? defaultAccounts,
    pageSizeMax: options.pageSizeMax ?? 50,
    lifecycle: options.lifecycle ?? { auto: false, stepMs: 1000 },
    resendMode: options.resendMode ?? 'idempotent',
    seed: options.seed ?? 1,
    ...(options.onEffect !== undefined && { onEffect: options.onEffect }),
  };
}

function createServer(controls: SandboxControls, openapi: unknown): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true, bodyLimit: BODY_LIMIT_BYTES });
  app.setErrorHandler((error, _request, reply) =>
    reply.code(statusOf(error)).send(refused(`参数错误: ${error}`)),
  );
  playInterfaces(app, {
    world: () => controls.world(),
    faults: controls.faultBook,
    recorder: controls.recorder,
  });
  addControlRoutes(app, controls);
  if (openapi !== undefined) app.get('/_sandbox/openapi.json', (_request, reply) => reply.send(openapi));
  return app;
}

/** 4xx for a body that is not JSON, 500 for a fault of the sandbox's own. */
function statusOf(error: unknown): number {
  const known = typeof error === 'object' && error !== null && 'statusCode' in error;
  return known && typeof error.statusCode === 'number' ? error.statusCode : 500;
}

function exposeSandbox(running: { app: FastifyInstance; controls: SandboxControls; url: string }): Sandbox {
  const { app, controls, url } = running;
  return {
    url,
    state: () => controls.state(),
    faults: () => controls.faults(),
    setFaults: (faults) => controls.setFaults(faults),
    clearFaults: () => controls.clearFaults(),
    setResendMode: (mode) => controls.setResendMode(mode),
    requests: () => controls.requests(),
    reset: () => controls.reset(),
    advance: (orderId) => controls.advance(orderId),
    setOrderStatus: (orderId, status) => controls.setOrderStatus(orderId, status),
    close: async () => {
      controls.stop();
      await app.close();
    },
  };
}
