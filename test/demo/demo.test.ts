import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type DemoOptions, runDemo } from '../../src/demo/run-demo.ts';
import { type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';

const CLI = fileURLToPath(new URL('../../src/cli/ctg-sync.ts', import.meta.url));
const LIMIT_MS = 150_000;

function startDemo(...flags: string[]) {
  return spawn(process.execPath, [CLI, 'demo', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The demo in this process, without an admin server. */
async function playDemo(options: Partial<DemoOptions>) {
  const output = new PassThrough();
  const shown = text(output);
  const summary = await runDemo({
    once: true,
    port: 0,
    startAdmin: async () => ({ url: 'http://127.0.0.1', close: async () => undefined }),
    output,
    interrupt: new AbortController().signal,
    ...options,
  });
  output.end();
  return { summary, shown: await shown };
}

/** A platform that keeps a wrong price, and forgets the keys of the first order that it takes. */
async function startCarelessPlatform(options: SandboxOptions) {
  let forgets = true;
  const sandbox = await startSandbox({
    ...options,
    onEffect: ({ interface: name, key, body }) => {
      if (name === 'list-goods' && key === 'QP-1007') Object.assign(body, { price: 1 });
      if (name !== 'place-order' || !forgets) return;
      forgets = false;
      setImmediate(() => forgetKeys(sandbox.state().timestamps));
    },
  });
  return sandbox;
}

function forgetKeys(timestamps: Record<string, unknown>): void {
  for (const key of Object.keys(timestamps)) delete timestamps[key];
}

/** A platform on which no listing ever arrives. */
async function startDeafPlatform(options: SandboxOptions) {
  const sandbox = await startSandbox(options);
  const deaf = { kind: 'drop-before', interface: 'list-goods' } as const;
  return { ...sandbox, setFaults: () => sandbox.setFaults([deaf]) };
}

describe.concurrent('the command demo', () => {
  it('shows the main job with --once, ends with 0, and sums up what is on both sides', {
    timeout: LIMIT_MS,
  }, async () => {
    const child = startDemo('--once');
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    const summary = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
    expect(summary).toMatchObject({
      ok: true,
      differences: [],
      rejected: 1,
      resent: { requests: 2, orders: 1 },
    });
    expect(summary.platform).toMatchObject({
      goods: summary.goods,
      customers: summary.customers,
      orders: summary.orders,
      orderLines: summary.orderLines,
      reminders: summary.reminders,
      violations: 0,
    });
    expect(summary.goods).toBeGreaterThan(50);
    expect(summary.statuses).toBe(4 * summary.orders);
    expect(summary.balance).toMatchObject({ open: 0, inDoubt: 0, captured: summary.balance.accepted + 1 });
    expect(output).not.toContain('\u001b');
    expect(code).toBe(0);
  });

  it('stays open without --once, goes on with changes, and ends with 0 on Ctrl+C', {
    timeout: LIMIT_MS,
  }, async () => {
    const child = startDemo();
    const closed = once(child, 'close');
    let shown = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      shown += chunk;
      if (!child.killed && shown.includes('at the platform after')) child.kill('SIGINT');
    }
    expect(shown).toContain('/queues');
    expect(shown).toContain('Stopped');
    expect(await closed).toEqual([0, null]);
  });
});

describe('the demo', () => {
  it('says so when the platform holds a wrong price and an order twice', { timeout: LIMIT_MS }, async () => {
    const { summary, shown } = await playDemo({ startPlatform: startCarelessPlatform });
    expect(summary?.ok).toBe(false);
    expect(summary?.goods).toBe((summary?.platform.goods ?? 0) - 1);
    expect(summary?.resent?.orders).toBe(2);
    expect(summary?.differences).toContain('part QP-1007: price is 39 in the ERP, 1 at the platform');
    expect(shown).toContain('price is 39 in the ERP, 1 at the platform');
  });

  it('says what is missing when the time is up', { timeout: LIMIT_MS }, async () => {
    const { summary } = await playDemo({ startPlatform: startDeafPlatform, timeLimitMs: 5000 });
    expect(summary).toMatchObject({ ok: false, goods: 0 });
    expect(summary?.differences[0]).toContain('within 5 s');
    expect(summary?.differences).toContain('part QP-1001: is not at the platform');
  });

  it('gives nothing when it is interrupted before its end', { timeout: LIMIT_MS }, async () => {
    const { summary } = await playDemo({ interrupt: AbortSignal.timeout(2500) });
    expect(summary).toBeUndefined();
  });
});
