import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Setup, startSetup } from '../../support/running-agent.ts';
import { anyStore } from '../../support/stores.ts';
import { until } from '../../support/until.ts';
import { type Received, type Receiver, startReceiver } from './receiver.ts';
import { QUICK, upsetBalance } from './upset.ts';

const SECRET = 'SEC0123456789abcdef';
const CONSOLE = 'https://ctg-sync.example.com';

let receiver: Receiver;
let setup: Setup | undefined;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await setup?.stop();
  setup = undefined;
  await receiver[Symbol.asyncDispose]();
});

/** What a webhook of this kind gets when the balance is off. */
async function noticeOf(kind: string, env: Record<string, string> = {}): Promise<Received> {
  setup = await startSetup(anyStore(), {
    env: {
      ...QUICK,
      ALERT_WEBHOOK_KIND: kind,
      ALERT_WEBHOOK_URL: `${receiver.url}/hook?key=K-1`,
      CTG_SYNC_PUBLIC_URL: CONSOLE,
      ...env,
    },
  });
  await upsetBalance(setup.agent, 3);
  return until('a notice came', () => receiver.received[0]);
}

function expectText(text: string): void {
  const [head, zh, en, end] = text.split('\n');
  expect(head).toMatch(/^【ctg-sync】告警 1 项 \/ 1 firing（.+）$/);
  expect(zh).toMatch(/^\[告警\] 账不平：有 3 条改动下落不明。自 \d{4}-\d\d-\d\d .*。处理：保留/);
  expect(en).toMatch(/^\[firing\] Out of balance: 3 captured changes are unaccounted for; since .* Do: keep/);
  expect(end).toBe(`控制台 / console: ${CONSOLE}`);
}

describe('the webhook', () => {
  it('of 企业微信 gets a text, at its own address', async () => {
    const { path, query, body, headers } = await noticeOf('wecom');
    expect(path).toBe('/hook');
    expect([...query.entries()]).toEqual([['key', 'K-1']]);
    expect(headers['content-type']).toContain('application/json');
    expect(body).toEqual({ msgtype: 'text', text: { content: expect.any(String) } });
    expectText(body.text.content);
  });

  it('of 钉钉 gets a text, signed in the query', async () => {
    const { query, body } = await noticeOf('dingtalk', { ALERT_WEBHOOK_SECRET: SECRET });
    expect(body).toEqual({ msgtype: 'text', text: { content: expect.any(String) } });
    expectText(body.text.content);
    const timestamp = query.get('timestamp') ?? '';
    expect(timestamp).toMatch(/^\d{13}$/);
    expect(query.get('key')).toBe('K-1');
    expect(query.get('sign')).toBe(
      createHmac('sha256', SECRET).update(`${timestamp}\n${SECRET}`).digest('base64'),
    );
  });

  it('of 飞书 gets a text, signed in the body', async () => {
    const { body, query } = await noticeOf('feishu', { ALERT_WEBHOOK_SECRET: SECRET });
    expect(body).toEqual({
      timestamp: expect.stringMatching(/^\d{10}$/),
      sign: createHmac('sha256', `${body.timestamp}\n${SECRET}`).digest('base64'),
      msg_type: 'text',
      content: { text: expect.any(String) },
    });
    expect(query.get('sign')).toBeNull();
    expectText(body.content.text);
  });

  it('of 飞书 without a secret gets no signature', async () => {
    const { body } = await noticeOf('feishu');
    expect(Object.keys(body).sort()).toEqual(['content', 'msg_type']);
  });

  it('of any other kind gets JSON, signed in a header', async () => {
    const { body, raw, headers } = await noticeOf('generic', { ALERT_WEBHOOK_SECRET: SECRET });
    expect(body).toEqual({
      source: 'ctg-sync',
      agent: setup?.agent.id,
      url: CONSOLE,
      text: expect.any(String),
      alerts: [
        {
          rule: 'balance',
          subject: '',
          state: 'firing',
          value: 3,
          since: expect.stringMatching(/^\d{4}-.*Z$/),
          title: { zh: '账不平', en: 'Out of balance' },
          message: { zh: expect.any(String), en: expect.any(String) },
          todo: { zh: expect.any(String), en: expect.any(String) },
          notifiedAt: null,
        },
      ],
    });
    expectText(body.text);
    const digest = createHmac('sha256', SECRET).update(raw).digest('hex');
    expect(headers['x-ctg-sync-signature']).toBe(`sha256=${digest}`);
  });

  it('that answers 200 and refuses in words has not taken the notice', async () => {
    receiver.answer(200, { errcode: 93000, errmsg: 'invalid webhook url' });
    await noticeOf('wecom');
    await until('it is asked again', () => receiver.received.length > 1);
    receiver.answer(200, { errcode: 0, errmsg: 'ok' });
    await until('it is noted as told', async () => {
      const rows = await setup?.agent.database.kysely.selectFrom('ctg_alert').selectAll().execute();
      return rows?.[0]?.notified_state === 'firing';
    });
  });
});
