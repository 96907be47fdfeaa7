import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that a webhook got. */
export type Received = {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly raw: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into bodies by name, and fails where a name is not there.
  readonly body: any;
};

/** A webhook of its own, on a real port. */
export type Receiver = {
  readonly url: string;
  readonly received: Received[];
  /** What it answers from now on. */
  answer(status: number, body: unknown): void;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Starts a webhook that takes everything. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let reply = { status: 200, body: '{"errcode":0,"code":0}' };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString('utf8');
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://receiver');
      const { headers } = request;
      received.push({ path: pathname, query: searchParams, headers, raw, body: JSON.parse(raw) });
      response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    answer: (status, body) => {
      reply = { status, body: JSON.stringify(body) };
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
