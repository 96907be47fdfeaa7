import http from 'node:http';
import https from 'node:https';
import got, { type Got, type PlainResponse, type Request } from 'got';
import type { System } from '../config/systems.ts';
import { readBounded } from './bounded-body.ts';
import { checkEndpoint } from './endpoint-url.ts';
import { type Flight, HeldBody, onConnected } from './held-body.ts';
import { plainText, withoutUserInfo } from './plain-text.ts';
import { parseRetryAfter } from './retry-after.ts';
import type { Transport, WireInDoubt, WireNotSent, WireReply, WireRequest, WireResult } from './transport.ts';

/** Settings of the transport on got. */
export type GotTransportOptions = {
  /** The most connections at once, per system and host. */
  readonly concurrency: number;
  /** The most bytes of a reply, after decompression; 1 MiB unless told. More is `in-doubt`, `TOO_LARGE`. */
  readonly maxResponseBytes?: number;
  /** Plain `http:` to other hosts than loopback (`CTG_ALLOW_INSECURE`). */
  readonly allowInsecure: boolean;
  /** A PEM certificate to trust instead of the well-known authorities. */
  readonly certificateAuthority?: string;
};

type Client = { readonly instance: Got; readonly agents: readonly http.Agent[] };
type Clients = Readonly<Record<System, Client>>;
type Unmeasured =
  | Omit<WireReply, 'durationMs'>
  | Omit<WireNotSent, 'durationMs'>
  | Omit<WireInDoubt, 'durationMs'>;

const MAX_RESPONSE_BYTES = 1_048_576;
const CONNECT_PHASE_MS = 5_000;
/** Shorter than the keep-alive of common servers (Node and Tomcat 5 s or more): see `createClient`. */
const IDLE_CONNECTION_MS = 4_000;

/**
 * The transport on got 16. Own keep-alive connections per system; got's retries and redirects are off, because the
 * queue alone retries (DESIGN 10) and a redirect is judged like any reply. Connects nothing until the first send.
 */
export function createGotTransport(options: GotTransportOptions): Transport {
  const clients: Clients = {
    crm: createClient(options),
    data: createClient(options),
    order: createClient(options),
    logistics: createClient(options),
  };
  const underWay = new Set<Promise<WireResult>>();
  let closed = false;
  const sendOrRefuse = async (request: WireRequest): Promise<Unmeasured> =>
    closed
      ? { kind: 'not-sent', code: 'CLOSED', message: 'The transport is closed' }
      : sendOnce(clients, options, request);
  const send = (request: WireRequest): Promise<WireResult> => {
    const sending = measured(() => sendOrRefuse(request)).finally(() => underWay.delete(sending));
    underWay.add(sending);
    return sending;
  };
  const close = async (): Promise<void> => {
    closed = true;
    await Promise.allSettled(underWay);
    for (const { agents } of Object.values(clients)) for (const agent of agents) agent.destroy();
  };
  return { send, close };
}

/**
 * LIFO, so that the connection used last is used again: it is the least likely to have been dropped by the other side
 * in the meantime, and a reset on a reused connection is a doubt, not a retry. The surplus of a burst goes idle and is
 * closed by us (`timeout`) before the server does it.
 */
function createClient(options: GotTransportOptions): Client {
  const { concurrency, certificateAuthority } = options;
  const agentOptions: http.AgentOptions = {
    keepAlive: true,
    maxSockets: concurrency,
    maxFreeSockets: concurrency,
    scheduling: 'lifo',
    timeout: IDLE_CONNECTION_MS,
  };
  const agent = { http: new http.Agent(agentOptions), https: new https.Agent(agentOptions) };
  const instance = got.extend({
    agent,
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', accept: 'application/json' },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    ...(certificateAuthority === undefined ? {} : { https: { certificateAuthority } }),
  });
  return { instance, agents: [agent.http, agent.https] };
}

async function sendOnce(
  clients: Clients,
  options: GotTransportOptions,
  request: WireRequest,
): Promise<Unmeasured> {
  const endpoint = checkEndpoint(request.url, options.allowInsecure);
  if (endpoint.kind === 'refused') return { ...endpoint, kind: 'not-sent' };
  const flight: Flight = { handedOver: false, abortReason: undefined, over: false };
  try {
    const stream = open(clients[request.system].instance, endpoint.url, request, flight);
    return await readReply(stream, options.maxResponseBytes ?? MAX_RESPONSE_BYTES);
  } catch (error) {
    return failed(error, flight);
  } finally {
    flight.over = true;
  }
}

/** The stream API, and not the promise, because only a stream can be stopped when the reply grows too large. */
function open(instance: Got, url: URL, request: WireRequest, flight: Flight): Request {
  const bytes = new TextEncoder().encode(request.body);
  const connected = Promise.withResolvers<void>();
  const body = new HeldBody({ bytes, connected: connected.promise, beforeSend: request.beforeSend, flight });
  const headers = { 'content-length': String(bytes.byteLength) };
  const stream = instance.stream(url, { body, headers, timeout: phaseTimeouts(request.timeoutMs) });
  stream.once('request', (sending: http.ClientRequest) => onConnected(sending, connected.resolve));
  // A failure after the result is known (a reset while we drop the connection) concerns nobody.
  stream.on('error', () => {});
  return stream;
}

/** Sending and waiting for the reply have no limits of their own: each would be that of the whole. */
function phaseTimeouts(timeoutMs: number) {
  const phaseMs = Math.min(CONNECT_PHASE_MS, timeoutMs);
  return { lookup: phaseMs, connect: phaseMs, secureConnect: phaseMs, request: timeoutMs };
}

async function readReply(stream: Request, maxBytes: number): Promise<Unmeasured> {
  let response: PlainResponse | undefined;
  stream.once('response', (received: PlainResponse) => {
    response = received;
  });
  const body = await readBounded(stream, maxBytes);
  stream.destroy();
  if (body === undefined) {
    return { kind: 'in-doubt', code: 'TOO_LARGE', message: `The reply exceeds ${maxBytes} bytes` };
  }
  if (response === undefined)
    return { kind: 'in-doubt', code: 'NO_RESPONSE', message: 'The reply has no status' };
  const retryAfterMs = parseRetryAfter(response.headers['retry-after'], Date.now());
  return {
    kind: 'reply',
    httpStatus: response.statusCode,
    body,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function failed(error: unknown, flight: Flight): Unmeasured {
  if (flight.abortReason !== undefined) {
    return { kind: 'not-sent', code: 'ABORTED', message: plainText(flight.abortReason) };
  }
  const code = codeOf(error);
  const text = error instanceof Error && error.message !== '' ? error.message : code;
  const message = plainText(withoutUserInfo(text));
  return { kind: flight.handedOver ? 'in-doubt' : 'not-sent', code, message };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return 'UNKNOWN';
  return typeof error.code === 'string' ? error.code : 'UNKNOWN';
}

async function measured(send: () => Promise<Unmeasured>): Promise<WireResult> {
  const startedAt = performance.now();
  const result = await send();
  return { ...result, durationMs: Math.round(performance.now() - startedAt) };
}
