import { once } from 'node:events';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isWholeRequest, startHttpServer, startRawServer } from '../fault-server.ts';
import { BODY, IMPATIENT_MS, type OpenSender } from './sender.ts';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

export function describeInDoubt(name: string, open: OpenSender): void {
  describe(`${name}: in doubt`, () => {
    it('when the connection is reset before the reply', async () => {
      await using server = await startRawServer((socket, soFar) => {
        if (isWholeRequest(soFar)) socket.resetAndDestroy();
      });
      await using sender = open();
      const result = await sender.send(server.url);
      expect(result).toMatchObject({ kind: 'in-doubt', code: 'ECONNRESET' });
      expect(JSON.stringify(result)).not.toContain('hunter2');
    });

    it('when the connection is closed before the reply', async () => {
      await using server = await startRawServer((socket, soFar) => {
        if (isWholeRequest(soFar)) socket.end();
      });
      await using sender = open();
      expect(await sender.send(server.url)).toMatchObject({ kind: 'in-doubt' });
    });

    it('when a kept connection is reset, and sends it once only', async () => {
      let requests = 0;
      await using server = await startRawServer((socket, soFar) => {
        if (!isWholeRequest(soFar)) return;
        requests += 1;
        if (requests === 1) socket.write(`${HEAD}content-length: 12\r\n\r\n{"status":0}`);
        else socket.resetAndDestroy();
      });
      await using sender = open();
      expect(await sender.send(server.url)).toMatchObject({ kind: 'reply' });
      expect(await sender.send(server.url)).toMatchObject({ kind: 'in-doubt' });
      expect(server.connections()).toBe(1);
      expect(server.received().split('POST ')).toHaveLength(3);
    });

    it('when the connection is reset within the reply', async () => {
      await using server = await startRawServer((socket, soFar) => {
        if (!isWholeRequest(soFar)) return;
        socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n5\r\n{"sta\r\n`, () =>
          socket.resetAndDestroy(),
        );
      });
      await using sender = open();
      expect(await sender.send(server.url)).toMatchObject({ kind: 'in-doubt' });
    });

    it('when the reply is shorter than it says', async () => {
      await using server = await startRawServer((socket, soFar) => {
        if (isWholeRequest(soFar)) socket.end(`${HEAD}content-length: 100\r\n\r\n{"status":0}`);
      });
      await using sender = open();
      expect(await sender.send(server.url)).toMatchObject({ kind: 'in-doubt' });
    });

    it('when no reply comes in time', async () => {
      await using server = await startRawServer(() => {});
      await using sender = open();
      expect(await sender.send(server.url, { timeoutMs: IMPATIENT_MS })).toMatchObject({ kind: 'in-doubt' });
      expect(server.received()).toContain(BODY);
    });

    it('when the request is not taken to its end in time', async () => {
      await using server = await startRawServer((socket) => socket.pause());
      await using sender = open();
      const body = JSON.stringify({ message: 'x'.repeat(32 * 1024 * 1024) });
      expect(await sender.send(server.url, { body, timeoutMs: 2 * IMPATIENT_MS })).toMatchObject({
        kind: 'in-doubt',
      });
    });

    it('when the head of the reply never ends', async () => {
      await using server = await startRawServer((socket, soFar) => {
        if (isWholeRequest(soFar)) drip(socket, HEAD, 'x-drip: 1\r\n');
      });
      await using sender = open();
      expect(await sender.send(server.url, { timeoutMs: IMPATIENT_MS })).toMatchObject({ kind: 'in-doubt' });
    });

    it('when the body of the reply never ends', async () => {
      await using server = await startRawServer((socket, soFar) => {
        if (isWholeRequest(soFar)) drip(socket, `${HEAD}content-length: 50000\r\n\r\n`, ' ');
      });
      await using sender = open();
      expect(await sender.send(server.url, { timeoutMs: IMPATIENT_MS })).toMatchObject({ kind: 'in-doubt' });
    });

    it('when the answer is not HTTP', async () => {
      await using server = await startRawServer((socket, soFar) => {
        if (isWholeRequest(soFar)) socket.end('* OK IMAP4 ready\r\n');
      });
      await using sender = open();
      expect(await sender.send(server.url)).toMatchObject({ kind: 'in-doubt' });
    });

    it('when the compressed reply is broken', async () => {
      await using server = await startHttpServer((_request, response) =>
        response.setHeader('content-encoding', 'gzip').end(gzipSync('{"status":0}').subarray(0, 15)),
      );
      await using sender = open();
      expect(await sender.send(server.url)).toMatchObject({ kind: 'in-doubt' });
    });

    it('when the reply is too large, and drops the connection instead of reading on', async () => {
      await using server = await startHttpServer((_request, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write('x'.repeat(16_384)));
        };
        response.on('drain', more);
        more();
      });
      await using sender = open();
      // The reply is endless: this test ends only because the connection is destroyed.
      const dropped = once(server.events, 'socket-closed');
      expect(await sender.send(server.url)).toMatchObject({ kind: 'in-doubt', code: 'TOO_LARGE' });
      await dropped;
    });

    it('when the reply is small but too large once decompressed', async () => {
      const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
      await using server = await startHttpServer((_request, response) =>
        response.setHeader('content-encoding', 'gzip').end(bomb),
      );
      await using sender = open();
      expect(await sender.send(server.url)).toMatchObject({ kind: 'in-doubt', code: 'TOO_LARGE' });
    });

    it('when a compressed reply never ends, and drops the connection', async () => {
      await using server = await startHttpServer((_request, response) => {
        response.setHeader('content-encoding', 'gzip');
        pipeline(endlessZeros(), createGzip({ level: 1 }), response, () => {});
      });
      await using sender = open();
      const dropped = once(server.events, 'socket-closed');
      expect(await sender.send(server.url)).toMatchObject({ kind: 'in-doubt', code: 'TOO_LARGE' });
      await dropped;
    });
  });
}

/** Writes the head, then one piece after another for as long as the client listens. */
function drip(socket: Socket, head: string, piece: string): void {
  socket.write(head);
  const timer = setInterval(() => socket.write(piece), 5);
  socket.once('close', () => clearInterval(timer));
}

async function* endlessZeros(): AsyncGenerator<Buffer> {
  for (;;) yield Buffer.alloc(65_536);
}
