import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { accept, isWholeRequest, startHttpServer, startRawServer } from '../fault-server.ts';
import { MAX_BYTES, type OpenSender } from './sender.ts';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

export function describeReplies(name: string, open: OpenSender): void {
  describe(`${name}: a reply`, () => {
    it('carries the status and the body, and the request is a POST of the JSON as it was given', async () => {
      const seen: unknown[] = [];
      await using server = await startHttpServer((request, response) => {
        const { 'content-type': type, 'content-length': length } = request.headers;
        seen.push(request.method, request.url, type, length);
        response.writeHead(201).end('{"status":0,"msg":"成功"}');
      });
      await using sender = open();
      const body = '{"name":"刹车片"}';
      const result = await sender.send(server.url, { body });
      expect(result).toMatchObject({ kind: 'reply', httpStatus: 201, body: '{"status":0,"msg":"成功"}' });
      expect(result.durationMs).toBeGreaterThanOrEqual(0);
      const length = String(Buffer.byteLength(body));
      expect(seen).toEqual(['POST', '/order/place', 'application/json; charset=utf-8', length]);
      expect(server.bodies).toEqual([body]);
    });

    it('keeps characters whole that are split between two pieces', async () => {
      const bytes = Buffer.from('{"msg":"祎讯🚗"}');
      await using server = await startHttpServer((_request, response) => {
        for (const byte of bytes) response.write(Buffer.of(byte));
        response.end();
      });
      await using sender = open();
      expect(await sender.send(server.url)).toMatchObject({ kind: 'reply', body: bytes.toString() });
    });

    it('carries a large request', async () => {
      await using server = await startHttpServer(accept);
      await using sender = open();
      const body = JSON.stringify({ message: '订'.repeat(400_000) });
      expect(await sender.send(server.url, { body })).toMatchObject({ kind: 'reply', httpStatus: 200 });
      expect(server.bodies).toEqual([body]);
    });

    it('may be an error page, a 500 or empty: nothing is judged here', async () => {
      for (const [status, body] of [
        [404, '<html>'],
        [500, 'no'],
        [204, ''],
      ] as const) {
        await using server = await startHttpServer((_request, response) =>
          response.writeHead(status).end(body),
        );
        await using sender = open();
        expect(await sender.send(server.url)).toMatchObject({ kind: 'reply', httpStatus: status, body });
      }
    });

    it('is never a followed redirect', async () => {
      for (const status of [301, 302, 303, 307, 308]) {
        await using server = await startHttpServer((_request, response) =>
          response.writeHead(status, { location: '/elsewhere' }).end(),
        );
        await using sender = open();
        expect(await sender.send(server.url)).toMatchObject({ kind: 'reply', httpStatus: status });
        expect(server.bodies).toHaveLength(1);
      }
    });

    it('is never retried', async () => {
      await using server = await startHttpServer((_request, response) => response.writeHead(503).end());
      await using sender = open();
      expect(await sender.send(server.url)).toMatchObject({ kind: 'reply', httpStatus: 503 });
      expect(server.bodies).toHaveLength(1);
    });

    it('carries Retry-After in milliseconds, and nothing where there is none', async () => {
      await using server = await startHttpServer((_request, response, body) =>
        response.writeHead(429, body.includes('asks') ? { 'retry-after': '7' } : {}).end(),
      );
      await using sender = open();
      expect(await sender.send(server.url, { body: '{"asks":1}' })).toMatchObject({ retryAfterMs: 7000 });
      expect(await sender.send(server.url)).not.toHaveProperty('retryAfterMs');
    });

    it('is the final one, not what is said before it', async () => {
      await using server = await startRawServer((socket, soFar) => {
        if (isWholeRequest(soFar))
          socket.write(`HTTP/1.1 103 Early Hints\r\n\r\n${HEAD}content-length: 12\r\n\r\n{"status":0}`);
      });
      await using sender = open();
      const result = await sender.send(server.url);
      expect(result).toMatchObject({ kind: 'reply', httpStatus: 200, body: '{"status":0}' });
    });

    it('may be compressed', async () => {
      await using server = await startHttpServer((_request, response) =>
        response.setHeader('content-encoding', 'gzip').end(gzipSync('{"status":0}')),
      );
      await using sender = open();
      expect(await sender.send(server.url)).toMatchObject({ kind: 'reply', body: '{"status":0}' });
    });

    it('may end with the connection', async () => {
      await using server = await startRawServer((socket, soFar) => {
        if (isWholeRequest(soFar)) socket.end(`${HEAD}connection: close\r\n\r\n{"status":0}`);
      });
      await using sender = open();
      expect(await sender.send(server.url)).toMatchObject({ kind: 'reply', body: '{"status":0}' });
    });

    it('may be as large as the limit', async () => {
      await using server = await startHttpServer((_request, response) => response.end('x'.repeat(MAX_BYTES)));
      await using sender = open();
      expect(await sender.send(server.url)).toMatchObject({ kind: 'reply', body: 'x'.repeat(MAX_BYTES) });
    });
  });
}
