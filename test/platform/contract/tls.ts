import { describe, expect, it } from 'vitest';
import { accept, selfSignedCertificate, startHttpsServer } from '../fault-server.ts';
import type { OpenSender } from './sender.ts';

export function describeTls(name: string, open: OpenSender): void {
  const certificate = selfSignedCertificate();

  describe.skipIf(certificate === undefined)(`${name}: TLS`, () => {
    const { key, cert } = certificate ?? { key: '', cert: '' };

    it('is not sent to a certificate that nobody vouches for', async () => {
      await using server = await startHttpsServer({ key, cert }, accept);
      await using sender = open();
      expect(await sender.send(server.url)).toMatchObject({ kind: 'not-sent' });
      expect(server.bodies).toEqual([]);
    });

    it('is not sent to a certificate of another name', async () => {
      await using server = await startHttpsServer({ key, cert }, accept);
      await using sender = open({ certificateAuthority: cert });
      const result = await sender.send(server.url.replace('127.0.0.1', 'localhost'));
      expect(result).toMatchObject({ kind: 'not-sent' });
      expect(server.bodies).toEqual([]);
    });

    it('carries the request where the authority is trusted, on one connection', async () => {
      await using server = await startHttpsServer({ key, cert }, accept);
      await using sender = open({ certificateAuthority: cert });
      expect(await sender.send(server.url)).toMatchObject({ kind: 'reply', httpStatus: 200 });
      expect(await sender.send(server.url)).toMatchObject({ kind: 'reply', httpStatus: 200 });
      expect(server.connections()).toBe(1);
    });

    it('is aborted by beforeSend without a byte of the request', async () => {
      await using server = await startHttpsServer({ key, cert }, accept);
      await using sender = open({ certificateAuthority: cert });
      expect(await sender.send(server.url, { beforeSend: () => 'no' })).toMatchObject({ code: 'ABORTED' });
      expect(await sender.send(server.url, { body: '{"second":1}' })).toMatchObject({ kind: 'reply' });
      expect(server.bodies).toEqual(['{"second":1}']);
    });
  });
}
