import http from 'node:http';
import https from 'node:https';
import got, { type Got, type PlainResponse, type Request } from 'got';
import type { System } from '../config/systems.ts';
import { readBounded } from './bounded-body.ts';
import { checkEndpoint } from './endpoint-url.ts';
import { HeldBody, onConnected } from './held-body.ts';
import { parseRetryAfter } from './retry-after.ts';
import { type Flight, failureOf, newFlight, timedOut, tooLarge } from './send-failure.ts';
import {
  CONNECT_PHASE_MS,
  IDLE_CONNECTION_MS,
  MAX_RESPONSE_BYTES,
  transportOf,
  type Unmeasured,
} from './single-sends.ts';
import type { Transport, WireRequest } from './transport.ts';

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

/**
 * The transport on got 16. Own keep-alive connections per system; got's retries and redirects are off, because the
 * queue alone retries and a redirect is judged like any reply. Connects nothing until the first send.
 */
export function createGotTransport(options: GotTransportOptions): Transport {
  const clients: Clients = {
    crm: createClient(options),
    data: createClient(options),
    order: createClient(options),
    logistics: createClient(options),
  };
  return transportOf(
    (request) => sendOnce(clients, options, request),
    async () => {
      for (const { agents } of Object.values(clients)) for (const agent of agents) agent.destroy();
    },
  );
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
    request: requestLean,
    headers: { 'content-type': 'application/json; charset=utf-8', accept: 'application/json' },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    ...(certificateAuthority === undefined ? {} : { https: { certificateAuthority } }),
  });
  return { instance, agents: [agent.http, agent.https] };
}

/**
 * Node's request with the options that are set here, and not with got's forty, most of them undefined: Node copies what it
 * is given several times for each request, which was an eighth of the processor time of a send.
 */
function requestLean(url: URL, options: https.RequestOptions): http.ClientRequest {
  const { method, headers, agent, ca, rejectUnauthorized, checkServerIdentity } = options;
  if (url.protocol === 'http:') return http.request(url, { method, headers, agent } as http.RequestOptions);
  const security = { ca, rejectUnauthorized, checkServerIdentity };
  return https.request(url, { method, headers, agent, ...security } as https.RequestOptions);
}

async function sendOnce(
  clients: Clients,
  options: GotTransportOptions,
  request: WireRequest,
): Promise<Unmeasured> {
  const endpoint = checkEndpoint(request.url, options.allowInsecure);
  if (endpoint.kind === 'refused') return { ...endpoint, kind: 'not-sent' };
  const flight = newFlight();
  const stream = open(clients[request.system].instance, endpoint.url, request, flight);
  const timer = setTimeout(() => stream.destroy(timedOut(request.timeoutMs)), request.timeoutMs);
  try {
    return await readReply(stream, options.maxResponseBytes ?? MAX_RESPONSE_BYTES);
  } catch (error) {
    return failureOf(error, flight);
  } finally {
    clearTimeout(timer);
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

/**
 * The limit of the whole is our own timer: got's would destroy Node's request, and one that still waits for a free
 * connection is deaf to that until it has one.
 */
function phaseTimeouts(timeoutMs: number) {
  const phaseMs = Math.min(CONNECT_PHASE_MS, timeoutMs);
  return { lookup: phaseMs, connect: phaseMs, secureConnect: phaseMs };
}

async function readReply(stream: Request, maxBytes: number): Promise<Unmeasured> {
  let response: PlainResponse | undefined;
  stream.once('response', (received: PlainResponse) => {
    response = received;
  });
  const body = await readBounded(stream, maxBytes);
  stream.destroy();
  if (body === undefined) return tooLarge(maxBytes);
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
