import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { accept, refusedUrl, startDeafServer, startHttpServer, startRawServer } from '../fault-server.ts';
import { BODY, IMPATIENT_MS, type OpenSender } from './sender.ts';

/** Enough for a resolver that answers; a test ends in time where none does. */
const LOOKUP_MS = 2_000;

export function describeNotSent(name: string, open: OpenSender): void {
  describe(`${name}: not sent`, () => {
    it('when the port refuses, without asking beforeSend', async () => {
      await using sender = open();
      let asked = false;
      const beforeSend = (): undefined => {
        asked = true;
      };
      expect(await sender.send(await refusedUrl(), { beforeSend })).toMatchObject({
        kind: 'not-sent',
        code: 'ECONNREFUSED',
      });
      expect(asked).toBe(false);
    });

    it('when the name does not resolve', async () => {
      await using sender = open({ allowInsecure: true });
      expect(
        await sender.send('http://no-such-host.invalid/order/place', { timeoutMs: LOOKUP_MS }),
      ).toMatchObject({
        kind: 'not-sent',
      });
    });

    it.runIf(process.platform === 'linux')('when the connection is neither taken nor refused', async () => {
      await using server = await startDeafServer();
      await using sender = open();
      expect(await sender.send(server.url, { timeoutMs: IMPATIENT_MS })).toMatchObject({ kind: 'not-sent' });
    });

    it('when the other side never answers the TLS greeting', async () => {
      await using server = await startRawServer(() => {});
      await using sender = open();
      const url = server.url.replace('http:', 'https:');
      expect(await sender.send(url, { timeoutMs: IMPATIENT_MS })).toMatchObject({ kind: 'not-sent' });
    });

    it('when the connection is reset in the TLS greeting', async () => {
      await using server = await startRawServer((socket) => socket.resetAndDestroy());
      await using sender = open();
      expect(await sender.send(server.url.replace('http:', 'https:'))).toMatchObject({ kind: 'not-sent' });
    });

    it('when no connection becomes free in time, and does not go later either', async () => {
      const held: (() => void)[] = [];
      await using server = await startHttpServer((_request, response) => {
        held.push(() => response.end('{}'));
      });
      await using sender = open({ concurrency: 1 });
      const arrived = once(server.events, 'request');
      const first = sender.send(server.url);
      await arrived;
      expect(await sender.send(server.url, { timeoutMs: IMPATIENT_MS })).toMatchObject({ kind: 'not-sent' });
      for (const release of held.splice(0)) release();
      expect(await first).toMatchObject({ kind: 'reply' });
      const third = once(server.events, 'request');
      const last = sender.send(server.url, { body: '{"third":1}' });
      await third;
      for (const release of held) release();
      expect(await last).toMatchObject({ kind: 'reply' });
      expect(server.bodies).toEqual([BODY, '{"third":1}']);
    });

    it('when the other side speaks no TLS', async () => {
      await using server = await startHttpServer(accept);
      await using sender = open();
      expect(await sender.send(server.url.replace('http:', 'https:'))).toMatchObject({ kind: 'not-sent' });
      expect(server.bodies).toEqual([]);
    });

    it('when the URL is plain http to another host, unless that is allowed', async () => {
      await using careful = open();
      const url = 'http://no-such-host.invalid/order/place';
      expect(await careful.send(url)).toMatchObject({ kind: 'not-sent', code: 'INSECURE_URL' });
      await using careless = open({ allowInsecure: true });
      expect(await careless.send(url, { timeoutMs: LOOKUP_MS })).not.toMatchObject({ code: 'INSECURE_URL' });
    });

    it('when the URL is none', async () => {
      await using sender = open();
      for (const url of ['', 'order/place', 'ftp://127.0.0.1/', 'unix:/var/run/docker.sock:/']) {
        expect(await sender.send(url)).toMatchObject({ kind: 'not-sent', code: 'INVALID_URL' });
      }
    });

    it('after closing', async () => {
      await using server = await startHttpServer(accept);
      await using sender = open();
      await sender.transport.close();
      expect(await sender.send(server.url)).toMatchObject({ kind: 'not-sent', code: 'CLOSED' });
      expect(server.connections()).toBe(0);
    });

    it('says so without the user and password of the URL', async () => {
      await using sender = open();
      for (const url of [await refusedUrl('user:hunter2@'), 'http://user:hunter2@no-such-host.invalid/']) {
        const result = await sender.send(url, { timeoutMs: LOOKUP_MS });
        expect(result.kind).toBe('not-sent');
        expect(JSON.stringify(result)).not.toMatch(/hunter2|user:/);
      }
    });
  });
}
