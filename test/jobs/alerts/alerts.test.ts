import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AdminSetup, startAdminSetup } from '../../admin/running-admin.ts';
import { startLoggedAgent } from '../../support/logged-agent.ts';
import { goods } from '../../support/running-agent.ts';
import { describeOnOneStore } from '../../support/stores.ts';
import { until } from '../../support/until.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { QUICK, untilLooked, upsetBalance } from './upset.ts';

const KEY = 'robot-key-0123456789';

describeOnOneStore('alerts', (store) => {
  let receiver: Receiver;
  let setup: AdminSetup;
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await setup.stop();
    await receiver[Symbol.asyncDispose]();
  });

  const start = async (env: Record<string, string> = {}): Promise<void> => {
    const webhook = { ...QUICK, ALERT_WEBHOOK_URL: `${receiver.url}/${KEY}` };
    setup = await startAdminSetup(store, { env: { ...webhook, ...env } });
  };
  /** The rules and states of each notice, in their order. */
  const notices = (): string[][] =>
    receiver.received.map(({ body }) =>
      body.alerts.map((alert: { rule: string; state: string; subject: string }) =>
        [alert.rule, alert.subject, alert.state].filter(Boolean).join(' '),
      ),
    );

  it('are told once, shown while they are on, and told when they are over', async () => {
    await start();
    await upsetBalance(setup.agent, 1);
    await until('it is told', () => receiver.received.length === 1);
    await untilLooked(setup.agent, 3);
    expect(notices()).toEqual([['balance firing']]);
    const { body } = await setup.get('/v1/alerts');
    expect(body.alerts).toMatchObject([{ rule: 'balance', state: 'firing', value: 1 }]);
    expect((await setup.get('/v1/status')).body.alerts).toMatchObject([{ rule: 'balance', subject: '' }]);
    expect((await setup.get('/metrics')).body).toContain('ctg_sync_alerts{rule="balance"} 1');
    await upsetBalance(setup.agent, 0);
    await until('its end is told', () => receiver.received.length === 2);
    await untilLooked(setup.agent, 2);
    expect(notices()).toEqual([['balance firing'], ['balance resolved']]);
    expect(receiver.received[1]?.body.text).toContain('[恢复] 账不平');
    expect((await setup.get('/v1/alerts')).body.alerts).toEqual([]);
  });

  it('are told again while they stay on', async () => {
    await start({ ALERT_REPEAT_HOURS: '0.0003' });
    await upsetBalance(setup.agent, 1);
    await until('it is told again', () => receiver.received.length >= 2);
    expect(notices().slice(0, 2)).toEqual([['balance firing'], ['balance firing']]);
    expect(receiver.received[1]?.body.text).toContain('仍在持续');
  });

  it('that came while the webhook was away are told in one notice, and sending goes on meanwhile', async () => {
    await start();
    receiver.answer(500, {});
    await upsetBalance(setup.agent, 2);
    await until('the webhook was asked', () => receiver.received.length > 0);
    setup.sandbox.setFaults([{ interface: 'query-order', kind: 'busy' }]);
    await setup.agent.logins.refuse('default', '密码错误');
    await until('both are on', async () => (await setup.get('/v1/alerts')).body.alerts.length === 2);
    const asked = receiver.received.length;
    receiver.answer(200, {});
    await until('the webhook is asked again', () => receiver.received.length > asked);
    const told = notices().at(asked);
    expect(told?.map((each) => each.split(' ')[0]).sort()).toEqual(['balance', 'login-refused']);
    expect((await setup.get('/metrics')).body).toContain('ctg_sync_alert_notices_total{result="failed"}');
  });

  it('of two agents are told once, also when the one that told them ends and another starts', async () => {
    await start();
    const other = await setup.startAnother({ AGENT_ID: 'other' });
    await upsetBalance(setup.agent, 1);
    await until('it is told', () => receiver.received.length > 0);
    await untilLooked(setup.agent, 3);
    expect(notices()).toEqual([['balance firing']]);
    await other.stop();
    await setup.startAnother({ AGENT_ID: 'third' });
    await untilLooked(setup.agent, 3);
    expect(notices()).toEqual([['balance firing']]);
  });

  it('name the system that is down, the account that is refused, and what is late', async () => {
    await start({ ALERT_LAG_SECONDS: '1' });
    setup.sandbox.setFaults([{ interface: 'list-goods', kind: 'drop-before' }]);
    await setup.change(...Array.from({ length: 8 }, (_, index) => goods(`G-${index}`)));
    await until('the open circuit and the lag are told', () => {
      const told = notices().flat();
      return told.includes('circuit-open data firing') && told.includes('lag firing');
    });
    setup.sandbox.clearFaults();
    await setup.untilSettled();
    await until('their ends are told', () => {
      const told = notices().flat();
      return told.includes('circuit-open data resolved') && told.includes('lag resolved');
    });
    expect(
      notices()
        .flat()
        .filter((each) => each.startsWith('circuit-open')),
    ).toEqual(['circuit-open data firing', 'circuit-open data resolved']);
  });

  it('speak up when many records are rejected', async () => {
    await start({ ALERT_REJECTED_PERCENT: '50' });
    await untilLooked(setup.agent, 1);
    const faulty = Array.from({ length: 12 }, (_, index) => goods(`G-${index}`, { price: 'cheap' }));
    await setup.change(...faulty, goods('G-99'));
    const told = await until('it is told', () => receiver.received[0]?.body.alerts[0]);
    expect(told).toMatchObject({ rule: 'rejected', value: 92, detail: '12/13' });
  });

  it('speak up when nothing leaves the outbox', async () => {
    await start({ ALERT_NO_PROGRESS_SECONDS: '1' });
    await setup.agent.relay.stop();
    await setup.change(goods('G-1'));
    const told = await until('it is told', () => receiver.received[0]?.body.alerts[0]);
    expect(told).toMatchObject({ rule: 'no-progress', state: 'firing' });
  });

  it('are one line each in the log, which never holds the address of the webhook', async () => {
    await start();
    // An agent of its own on the same store, whose log is kept; the first one leaves the alerts to it.
    await setup.agent.stop();
    const env = { ...setup.env, ALERT_WEBHOOK_URL: `http://127.0.0.1:1/${KEY}` };
    const { agent, text, lines } = await startLoggedAgent(env);
    const FAILED = 'the alert webhook did not take the notice';
    await upsetBalance(agent, 1);
    await until('the webhook failed', () => lines(FAILED).length > 0);
    await upsetBalance(agent, 0);
    await until('the end is logged', () => lines('alert').length > 1);
    await agent.stop();
    expect(lines('alert')).toMatchObject([
      { level: 'error', rule: 'balance', state: 'firing', value: 1 },
      { level: 'info', rule: 'balance', state: 'resolved' },
    ]);
    expect(lines(FAILED)[0]).toMatchObject({ reason: 'ECONNREFUSED' });
    expect(text()).not.toContain(KEY);
    expect(JSON.stringify(agent.settings)).not.toContain(KEY);
  });
});
