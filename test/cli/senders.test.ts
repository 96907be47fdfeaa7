import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/settings.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { partOf } from '../../src/senders.ts';
import { order } from '../support/running-agent.ts';
import { anyStore, type OpenStore } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { createWorkplace, type Running, type Workplace } from './running-command.ts';

const store = anyStore();
const ORDERS = 60;

describe.skipIf(store.name === 'PGlite')(`an agent with several senders (${store.name})`, () => {
  let sandbox: Sandbox;
  let place: Workplace;
  let opened: OpenStore;
  beforeEach(async () => {
    sandbox = await startSandbox();
    opened = await store.open();
    place = createWorkplace({
      CTG_BASE_URL: sandbox.url,
      CTG_USERNAME: '13800000000',
      CTG_PASSWORD: 'sandbox',
      CTG_SEC: 'sandbox-sec',
      HTTP_PORT: '0',
      ...opened.env,
    });
  });
  afterEach(async () => {
    place.remove();
    await sandbox.close();
    await opened.drop();
  });

  it('sends all once, starts one again that was killed, and leaves none behind', async () => {
    const running = place.start(['start', '--senders', '2']);
    const url = await until('the agent is ready', () => /"url":"([^"]+)"/.exec(running.output())?.[1]);
    const senders = await until('the other one sends', () => {
      const pids = sendersOf(running);
      return pids.length === 1 ? pids : undefined;
    });
    sandbox.setFaults([{ interface: 'place-order', kind: 'latency', ms: 200 }]);
    const changes = Array.from({ length: ORDERS }, (_, index) => order(`SO-${index}`, ['S1']));
    const stored = await fetch(`${url}/v1/changes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(changes),
    });
    expect(stored.status).toBe(202);
    await until('orders arrive', () => Object.keys(sandbox.state().orders).length > 0);
    process.kill(senders[0] ?? 0, 'SIGKILL');
    await until('it is started again', () => sendersOf(running).length === 2);
    await until('all are settled', async () => {
      const response = await fetch(`${url}/v1/status`);
      const { balance } = (await response.json()) as { balance: { open: number; captured: number } };
      return balance.captured >= ORDERS && balance.open === 0;
    });
    const { orders, reminders, timestamps, violations } = sandbox.state();
    expect(violations).toEqual([]);
    expect(Object.keys(orders)).toHaveLength(ORDERS);
    expect(Object.keys(reminders)).toHaveLength(ORDERS);
    expect(Object.values(timestamps).every((line) => line.effects === 1)).toBe(true);
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
    for (const pid of sendersOf(running)) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

describe('several senders', () => {
  it('are refused on the embedded store, with the fix', () => {
    expect(() => loadSettings({ SENDERS: '2' })).toThrow(/SENDERS: .*embedded store.*Fix: set DATABASE_URL/);
  });

  it('share the limits of their agent, and have names of their own', () => {
    const DATABASE_URL = 'postgres://localhost/erp';
    const settings = loadSettings({ SENDERS: '4', CTG_RATE_LIMIT: '10', AGENT_ID: 'a', DATABASE_URL });
    expect(partOf(settings, 3)).toMatchObject({ concurrency: 16, rateLimit: 2.5, agentId: 'a-3' });
    expect(partOf(settings, undefined)).toMatchObject({ concurrency: 16, rateLimit: 2.5, agentId: 'a' });
  });
});

/** Processes that said that they send, dead ones included. */
function sendersOf(running: Running): number[] {
  const lines = running.output().matchAll(/"sender":\d+,"agentId":"[^"]*-(\d+)-[0-9a-f]{6}"/g);
  return [...lines].map(([, pid]) => Number(pid));
}
