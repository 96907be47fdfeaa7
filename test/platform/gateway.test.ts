import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadAccounts } from '../../src/config/accounts.ts';
import { loadPlatformPaths } from '../../src/config/paths.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { listGoods } from '../../src/mappers/list-goods.ts';
import { createGateway, type Gateway } from '../../src/platform/gateway.ts';
import { staticSigner } from '../../src/platform/signer.ts';
import { platformEnvironment } from '../support/running-agent.ts';

const environment = platformEnvironment('http://127.0.0.1:9');
const settings = loadSettings(environment);
const account = loadAccounts(settings, environment).get('default');

let gateway: Gateway;
let stopping: AbortController;
beforeEach(async () => {
  stopping = new AbortController();
  gateway = createGateway({
    transport: {
      send: async () => ({ kind: 'not-sent', code: 'ECONNREFUSED', message: 'refused', durationMs: 0 }),
      close: async () => undefined,
    },
    signer: staticSigner,
    baseUrls: settings.baseUrls,
    platform: loadPlatformPaths(undefined),
    timeoutMs: 1_000,
    rateLimit: 0,
    onCircuitChange: () => undefined,
  });
  if (!account) throw new Error('There is no account.');
  for (let send = 0; send < 5; send++) await gateway.send({ endpoint: listGoods, account, body: {} });
  expect(gateway.circuits().data.state).toBe('open');
});
afterEach(() => stopping.abort());

const enter = (again: boolean) => gateway.enter('data', stopping.signal, again);

it('while a system is down, few of what failed before wait in their slots, and the rest is told to come later', async () => {
  const failed = Array.from({ length: 40 }, () => enter(true));
  const answers = await Promise.all(failed.map((each) => Promise.race([each, undefined])));
  expect(answers.filter((answer) => answer === undefined)).toHaveLength(16);
  expect(answers.filter((answer) => answer?.kind === 'wait')).toHaveLength(24);
});

it('the probe belongs to what was never tried, whoever came first', async () => {
  const order: string[] = [];
  const failed = Array.from({ length: 10 }, () =>
    enter(true).then((answer) => answer && order.push('again')),
  );
  const fresh = enter(false).then((answer) => {
    order.push('first');
    return answer;
  });
  const permit = await fresh;
  expect(permit).toMatchObject({ kind: 'go', probe: true });
  expect(order).toEqual(['first']);
  stopping.abort();
  await Promise.all(failed);
  expect(order).toEqual(['first']);
});
