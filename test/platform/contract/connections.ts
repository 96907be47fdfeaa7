import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { accept, startHttpServer } from '../fault-server.ts';
import type { OpenSender } from './sender.ts';

export function describeConnections(name: string, open: OpenSender): void {
  describe(`${name}: connections`, () => {
    it('are reused', async () => {
      await using server = await startHttpServer(accept);
      await using sender = open();
      for (let sent = 0; sent < 20; sent += 1) {
        expect(await sender.send(server.url)).toMatchObject({ kind: 'reply' });
      }
      expect(server.connections()).toBe(1);
    });

    it('are never more than the concurrency', async () => {
      await using server = await startHttpServer(accept);
      await using sender = open({ concurrency: 4 });
      const results = await Promise.all(Array.from({ length: 60 }, () => sender.send(server.url)));
      expect(results.every((result) => result.kind === 'reply')).toBe(true);
      expect(server.bodies).toHaveLength(60);
      expect(server.connections()).toBeLessThanOrEqual(4);
    });

    it('are closed by close, which waits for what is under way', async () => {
      const held: (() => void)[] = [];
      await using server = await startHttpServer((_request, response) => {
        held.push(() => response.end('{}'));
      });
      await using sender = open();
      const arrived = once(server.events, 'request');
      const dropped = once(server.events, 'socket-closed');
      const sending = sender.send(server.url);
      await arrived;
      const closing = sender.transport.close();
      for (const release of held) release();
      expect(await sending).toMatchObject({ kind: 'reply' });
      await closing;
      await dropped;
    });

    it('of one system are not those of another', async () => {
      const held: (() => void)[] = [];
      await using slow = await startHttpServer((_request, response) => {
        held.push(() => response.end('{}'));
      });
      await using sender = open({ concurrency: 1 });
      const arrived = once(slow.events, 'request');
      const waiting = sender.send(slow.url, { system: 'order' });
      await arrived;
      const second = once(slow.events, 'request');
      const other = sender.send(slow.url, { system: 'crm' });
      await second;
      for (const release of held) release();
      expect([await waiting, await other]).toMatchObject([{ kind: 'reply' }, { kind: 'reply' }]);
    });
  });
}
