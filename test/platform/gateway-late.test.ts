import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAccounts } from '../../src/config/accounts.ts';
import { loadPlatformPaths } from '../../src/config/paths.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { createGateway, type Gateway } from '../../src/platform/gateway.ts';
import { createGotTransport } from '../../src/platform/got-transport.ts';
import { staticSigner } from '../../src/platform/signer.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { platformEnvironment } from '../support/running-agent.ts';
import { until } from '../support/until.ts';

const ENDPOINT = { name: 'list-goods', system: 'data', path: '/data/goods' } as const;

describe('a platform that does not answer in time', () => {
  let sandbox: Sandbox;
  let gateway: Gateway;
  let sendAll: () => Promise<unknown>;
  beforeEach(async () => {
    sandbox = await startSandbox();
    sandbox.setFaults([{ kind: 'hang' }]);
    const settings = loadSettings(platformEnvironment(sandbox.url));
    const account = loadAccounts(settings, {}).get('default');
    if (!account) throw new Error('There is no account.');
    gateway = createGateway({
      transport: createGotTransport({ concurrency: 10, allowInsecure: false }),
      signer: staticSigner,
      baseUrls: settings.baseUrls,
      platform: loadPlatformPaths(undefined),
      timeoutMs: 300,
      rateLimit: 0,
      onCircuitChange: () => undefined,
    });
    const { send } = gateway;
    sendAll = () =>
      Promise.all(Array.from({ length: 6 }, () => send({ endpoint: ENDPOINT, account, body: {} })));
  });
  afterEach(async () => {
    await gateway.close();
    await sandbox.close();
  });

  it('opens its circuit', async () => {
    await until('it is open', async () => {
      await sendAll();
      return gateway.circuits().data.state === 'open';
    });
  });

  it('leaves it closed while it was this process that stood still', async () => {
    const sent = sendAll();
    while (sandbox.requests().length === 0) await pause(1);
    standStill(2_800);
    await sent;
    expect(gateway.circuits().data.state).toBe('closed');
  });
});

function standStill(forMs: number): void {
  const end = performance.now() + forMs;
  while (performance.now() < end);
}
