import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { newDataDir } from '../support/empty-store.ts';
import { until } from '../support/until.ts';
import { createWorkplace, type Running, type Workplace } from './running-command.ts';

describe('the daemon, and what is tried before it', () => {
  let sandbox: Sandbox;
  let place: Workplace;
  let dataDir: string;
  beforeEach(async () => {
    sandbox = await startSandbox();
    dataDir = await newDataDir();
    place = createWorkplace({
      CTG_BASE_URL: sandbox.url,
      CTG_USERNAME: '13800000000',
      CTG_PASSWORD: 'sandbox',
      CTG_SEC: 'sandbox-sec',
      DATA_DIR: dataDir,
      HTTP_PORT: '0',
    });
  });
  afterEach(async () => {
    place.remove();
    rmSync(dataDir, { recursive: true });
    await sandbox.close();
  });

  const urlOf = (running: Running): Promise<string> =>
    until('the agent is ready', () => /"url":"([^"]+)"/.exec(running.output())?.[1]);

  it('start says where to look, works, and ends with 0 on SIGTERM', async () => {
    const running = place.start(['start']);
    const url = await urlOf(running);
    expect(running.output()).toContain(`${url}/queues`);
    const change = {
      entity: 'goods',
      key: 'G-1',
      payload: { goodsId: 'G-1', name: 'N', oeNumber: 'O', stock: 1, price: 2 },
    };
    const stored = await fetch(`${url}/v1/changes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(change),
    });
    expect(stored.status).toBe(202);
    await until('the goods arrive', () => sandbox.state().goods['13800000000/G-1']);
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
    expect(running.output()).toContain('stopped');
    expect(running.output()).not.toContain('sandbox-sec');
  });

  it('start ends with 1 at a second signal', async () => {
    // The platform never answers, so that the first signal waits for the send under way.
    sandbox.setFaults([{ interface: 'list-goods', kind: 'hang' }]);
    const running = place.start(['start'], { CTG_TIMEOUT_MS: '60000' });
    const url = await urlOf(running);
    await fetch(`${url}/v1/changes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        entity: 'goods',
        key: 'G-1',
        payload: { goodsId: 'G-1', name: 'N', oeNumber: 'O', stock: 1, price: 2 },
      }),
    });
    await until('the send is under way', () =>
      sandbox.requests().some((each) => each.interface === 'list-goods'),
    );
    running.child.kill('SIGTERM');
    await until('it is stopping', () => running.output().includes('stopping'));
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(1);
  });

  it('start names every missing setting and its fix, and shows no stack', async () => {
    const ended = await place.run(['start'], { CTG_BASE_URL: '', CTG_SEC: '', CONCURRENCY: 'many' });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/CONCURRENCY: .*Fix:/);
    expect(ended.stderr).not.toContain('    at ');
    const bare = await place.run(['start'], { CTG_BASE_URL: '', CTG_SEC: '' });
    expect(bare).toMatchObject({ code: 1, stderr: expect.stringMatching(/CTG_SEC.*Fix:/) });
  });

  it('start says when its port is taken', async () => {
    const { port } = new URL(sandbox.url);
    const ended = await place.run(['start'], { HTTP_PORT: port });
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('HTTP_PORT') });
  });

  it('doctor finds all well', async () => {
    const ended = await place.run(['doctor']);
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(ended.stdout).toContain('✓ account default: the platform takes its log-in');
    expect(ended.stdout).not.toContain('✗');
  });

  it('doctor names each fault with its fix', async () => {
    const ended = await place.run(['doctor', '--json'], {
      CTG_PASSWORD: 'wrong',
      REDIS_URL: 'redis://127.0.0.1:9',
      DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
      CTG_ORDER_URL: 'http://127.0.0.1:9',
    });
    expect(ended.code).toBe(1);
    const { findings } = JSON.parse(ended.stdout);
    const faults = findings.filter(({ ok }: { ok: boolean }) => !ok);
    expect(faults.map(({ what }: { what: string }) => what)).toEqual([
      'database',
      'queues',
      'platform order',
      'account default',
    ]);
    for (const { fix } of faults) expect(fix).toBeTruthy();
  });

  it('doctor tries the source maps', async () => {
    place.write(
      'sources.yaml',
      `goods:
  key: part_no
  select: SELECT part_no AS entity_key FROM erp_part WHERE part_no IN (:keys)
`,
    );
    const ended = await place.run(['doctor'], { CTG_SOURCES_FILE: 'sources.yaml' });
    expect(ended).toMatchObject({ code: 1, stdout: expect.stringMatching(/✗ source map goods: .*erp_part/) });
  });

  it('migrate says what it applied, and that nothing is left to do', async () => {
    const first = await place.run(['migrate', '--json'], { DATA_DIR: 'data' });
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout).applied).toContain('0001-tables');
    const second = await place.run(['migrate'], { DATA_DIR: 'data' });
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('up to date') });
  });

  it('call shows the request with its secrets hidden, and the reply', async () => {
    const ended = await place.run(['call', 'login', '--json']);
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      interface: 'login',
      request: { username: '13800000000', password: '***', sec: '***' },
      outcome: 'accepted',
      reply: { status: 0, data: { companyid: 'E1001' } },
    });
    expect(ended.stdout).not.toContain('sandbox-sec');
    const unfit = await place.run(['call', 'list-goods', '--data', '{}']);
    expect(unfit).toMatchObject({ code: 2, stderr: expect.stringContaining('oeid') });
    const unknown = await place.run(['call', 'logn']);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('"login"') });
    const refused = await place.run(['call', 'login'], { CTG_PASSWORD: 'wrong' });
    expect(refused.code).toBe(1);
  });

  it('sandbox listens, shows how to use it, and ends with 0', async () => {
    const running = place.start(['sandbox', '--port', '0', '--sec', 'other-sec', '--json']);
    await until('it listens', () => running.output().includes('CTG_BASE_URL'));
    const { url } = JSON.parse(running.output());
    expect((await fetch(url, { method: 'HEAD' })).status).toBeGreaterThan(0);
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(0);
  });
});
