import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { accept, startHttpServer, startRawServer } from '../fault-server.ts';
import { BODY, type OpenSender } from './sender.ts';

export function describeBeforeSend(name: string, open: OpenSender): void {
  describe(`${name}: beforeSend`, () => {
    it('stops the request before its first byte', async () => {
      await using server = await startRawServer(() => {});
      await using sender = open();
      const result = await sender.send(server.url, { beforeSend: () => 'the lease ran out' });
      expect(result).toMatchObject({ kind: 'not-sent', code: 'ABORTED', message: 'the lease ran out' });
      await sender.transport.close();
      expect(server.received()).toBe('');
    });

    it('stops the request on a kept connection as well', async () => {
      await using server = await startHttpServer(accept);
      await using sender = open();
      expect(await sender.send(server.url)).toMatchObject({ kind: 'reply' });
      expect(await sender.send(server.url, { beforeSend: () => 'no' })).toMatchObject({ code: 'ABORTED' });
      expect(await sender.send(server.url, { body: '{"third":1}' })).toMatchObject({ kind: 'reply' });
      expect(server.bodies).toEqual([BODY, '{"third":1}']);
    });

    it('lets the request pass when it gives no reason, and is asked once', async () => {
      await using server = await startHttpServer(accept);
      await using sender = open();
      let asked = 0;
      const beforeSend = (): undefined => {
        asked += 1;
      };
      expect(await sender.send(server.url, { beforeSend })).toMatchObject({ kind: 'reply' });
      expect(asked).toBe(1);
    });

    it('is asked when a connection is free, not when the send begins', async () => {
      const held: (() => void)[] = [];
      await using server = await startHttpServer((_request, response) => {
        held.push(() => response.end('{}'));
      });
      await using sender = open({ concurrency: 1 });
      const arrived = once(server.events, 'request');
      const first = sender.send(server.url);
      let reason: string | undefined;
      const second = sender.send(server.url, { beforeSend: () => reason });
      await arrived;
      reason = 'the lease ran out meanwhile';
      for (const release of held) release();
      expect(await first).toMatchObject({ kind: 'reply' });
      expect(await second).toMatchObject({ kind: 'not-sent', code: 'ABORTED', message: reason });
      expect(server.bodies).toHaveLength(1);
    });

    it('aborts when it throws', async () => {
      await using server = await startRawServer(() => {});
      await using sender = open();
      const beforeSend = (): never => {
        throw new Error('no ledger');
      };
      const result = await sender.send(server.url, { beforeSend });
      expect(result).toMatchObject({ kind: 'not-sent', code: 'ABORTED' });
      expect(server.received()).toBe('');
    });
  });
}
