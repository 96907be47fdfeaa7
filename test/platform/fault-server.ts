import { execFileSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** A real server on loopback that notes what reached it. */
export type FaultServer = AsyncDisposable & {
  readonly url: string;
  /** How many connections were ever opened to it. */
  connections(): number;
  /** The bodies of the requests that arrived whole. */
  readonly bodies: string[];
  /** Emits `request` and `socket-closed`. */
  readonly events: EventEmitter;
};

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** Answers as a platform that accepts everything. */
export const accept: Handler = (_request, response) => {
  response.setHeader('content-type', 'application/json').end('{"status":0,"msg":"成功"}');
};

/** An HTTP server; the handler is called once the request has arrived whole. */
export async function startHttpServer(handler: Handler): Promise<FaultServer> {
  return listen(http.createServer(), 'http', handler);
}

/** The same over TLS. */
export async function startHttpsServer(certificate: Certificate, handler: Handler): Promise<FaultServer> {
  return listen(https.createServer(certificate), 'https', handler);
}

async function listen(
  server: http.Server | https.Server,
  scheme: string,
  handler: Handler,
): Promise<FaultServer> {
  const bodies: string[] = [];
  const events = new EventEmitter();
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces).toString();
    bodies.push(body);
    handler(request, response, body);
    events.emit('request');
  });
  return watched(server, scheme, events, bodies);
}

export type RawServer = FaultServer & {
  /** Every byte that any client sent. */
  received(): string;
};

/** A TCP server; `onData` is called with all that has arrived on the connection so far, each time more does. */
export async function startRawServer(onData: (socket: Socket, soFar: string) => void): Promise<RawServer> {
  let received = '';
  const server = net.createServer((socket) => {
    let soFar = '';
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      received += piece.toString('latin1');
      soFar += piece.toString('latin1');
      onData(socket, soFar);
    });
  });
  return { ...(await watched(server, 'http', new EventEmitter(), [])), received: () => received };
}

async function watched(
  server: Server,
  scheme: string,
  events: EventEmitter,
  bodies: string[],
): Promise<FaultServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      sockets.delete(socket);
      events.emit('socket-closed');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/order/place`;
  const dispose = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { url, connections: () => connections, bodies, events, [Symbol.asyncDispose]: dispose };
}

/** Whether a raw client has sent one whole request (the tests send bodies that end in `}`). */
export function isWholeRequest(soFar: string): boolean {
  return soFar.includes('\r\n\r\n') && soFar.endsWith('}');
}

/** An address on loopback where nothing listens. */
export async function refusedUrl(userInfo = ''): Promise<string> {
  const server = await startHttpServer(accept);
  await server[Symbol.asyncDispose]();
  return server.url.replace('//', `//${userInfo}`);
}

/**
 * A port whose queue of connections is full, so that a further one is neither taken nor refused: a worker listens and
 * then blocks for ever, as a server that hangs does.
 */
export async function startDeafServer(): Promise<AsyncDisposable & { readonly url: string }> {
  const source = `
    const { parentPort } = require('node:worker_threads');
    const server = require('node:net').createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
    });`;
  const worker = new Worker(source, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const fillers = Array.from({ length: 8 }, () => net.connect(port, '127.0.0.1').on('error', () => {}));
  await Promise.all(fillers.slice(0, 2).map((filler) => once(filler, 'connect')));
  const dispose = async (): Promise<void> => {
    for (const filler of fillers) filler.destroy();
    await worker.terminate();
  };
  return { url: `http://127.0.0.1:${port}/order/place`, [Symbol.asyncDispose]: dispose };
}

export type Certificate = { readonly key: string; readonly cert: string };

/** A certificate for 127.0.0.1 signed by itself, or nothing where there is no openssl. */
export function selfSignedCertificate(): Certificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'ctg-tls-'));
  const keyFile = join(folder, 'key.pem');
  const certificateFile = join(folder, 'cert.pem');
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  try {
    const output = ['-keyout', keyFile, '-out', certificateFile];
    execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '2', ...curve, ...subject, ...output], {
      stdio: 'ignore',
    });
    return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certificateFile, 'utf8') };
  } catch (error) {
    console.warn(`NO TLS TESTS: openssl could not make a certificate: ${String(error)}`);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
