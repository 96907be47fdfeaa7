import type { Transport, WireRequest, WireResult } from '../../../src/platform/transport.ts';

/** What the suite asks of a transport under test. */
export type ContractOptions = {
  readonly concurrency: number;
  readonly maxResponseBytes: number;
  readonly allowInsecure: boolean;
  readonly certificateAuthority?: string;
};

export type CreateTransport = (options: ContractOptions) => Transport;

/** A transport under test that is closed at the end of the block. */
export type Sender = AsyncDisposable & {
  send(url: string, request?: Partial<WireRequest>): Promise<WireResult>;
  readonly transport: Transport;
};

export type OpenSender = (options?: Partial<ContractOptions>) => Sender;

/** The body that is sent unless a test gives another; `hunter2` must never be seen in a message. */
export const BODY = '{"username":"13800000000","password":"hunter2"}';
/** The limit of a reply unless a test sets another. */
export const MAX_BYTES = 65_536;
/** A time limit for the tests that wait for it; no test asserts how long anything took. */
export const IMPATIENT_MS = 150;
const PATIENT_MS = 20_000;

/** Gives the function that opens a transport of the kind under test. */
export function senderOpener(createTransport: CreateTransport): OpenSender {
  return (options = {}) => {
    const defaults = { concurrency: 4, maxResponseBytes: MAX_BYTES, allowInsecure: false };
    const transport = createTransport({ ...defaults, ...options });
    const send = (url: string, request: Partial<WireRequest> = {}): Promise<WireResult> =>
      transport.send({ system: 'order', url, body: BODY, timeoutMs: PATIENT_MS, ...request });
    return { transport, send, [Symbol.asyncDispose]: () => transport.close() };
  };
}
