import { createHmac } from 'node:crypto';
import type { WebhookSettings } from '../../config/monitoring.ts';
import type { Alert } from '../../ledger/alert-store.ts';
import { type NoticeOptions, noticeText } from './notice.ts';
import { wordsOf } from './words.ts';

/** Whose webhook it is: plain JSON, or a group's robot of 企业微信, 钉钉 or 飞书. */
type WebhookKind = WebhookSettings['kind'];

/** What a request to a webhook is made of. */
export type Notice = {
  readonly alerts: readonly Alert[];
  readonly agent: string;
  readonly publicUrl: string | undefined;
};

/** Where the notice goes. The address of a robot is a secret in itself. */
export type Target = { readonly url: string; readonly secret: string | undefined };

/** One request, ready to leave. */
export type WebhookRequest = {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** What the robots take at most, with room to spare: 企业微信 2048 bytes, 钉钉 and 飞书 about 20,000 for all of it. */
const MAX_BYTES: Record<WebhookKind, number> = {
  generic: 60_000,
  wecom: 2_000,
  dingtalk: 15_000,
  feishu: 15_000,
};

/** Builds the request of a notice, signed where there is a secret, by the robots' public documentation. Pure. */
export function webhookRequest(
  kind: WebhookKind,
  notice: Notice,
  target: Target,
  nowMs: number,
): WebhookRequest {
  const options: NoticeOptions = { ...notice, maxBytes: MAX_BYTES[kind] };
  const text = noticeText(notice.alerts, options);
  switch (kind) {
    case 'generic':
      return generic(notice, text, target);
    case 'wecom':
      return json(target.url, { msgtype: 'text', text: { content: text } });
    case 'dingtalk':
      return json(dingtalkUrl(target, nowMs), { msgtype: 'text', text: { content: text } });
    case 'feishu':
      return json(target.url, { ...feishuSign(target, nowMs), msg_type: 'text', content: { text } });
  }
}

function generic(notice: Notice, text: string, { url, secret }: Target): WebhookRequest {
  const request = json(url, {
    source: 'ctg-sync',
    agent: notice.agent,
    text,
    ...(notice.publicUrl !== undefined && { url: notice.publicUrl }),
    alerts: notice.alerts.map(alertBody),
  });
  if (secret === undefined) return request;
  const signature = createHmac('sha256', secret).update(request.body).digest('hex');
  return { ...request, headers: { ...request.headers, 'x-ctg-sync-signature': `sha256=${signature}` } };
}

/** An alert as JSON: in the generic webhook, and in `GET /v1/alerts`. */
export function alertBody(alert: Alert): Record<string, unknown> {
  const { rule, subject, state, value, detail, since, clearSince, notifiedAt } = alert;
  const { title, wrong, todo } = wordsOf(alert);
  return {
    rule,
    subject,
    state,
    since,
    ...(state === 'resolved' && { until: clearSince }),
    ...(value !== undefined && { value }),
    ...(detail !== undefined && { detail }),
    title,
    message: wrong,
    todo,
    notifiedAt: notifiedAt ?? null,
  };
}

/** 钉钉, 加签: HMAC-SHA256 over `timestamp \n secret` with the secret as key, in the query; milliseconds. */
function dingtalkUrl({ url, secret }: Target, nowMs: number): string {
  if (secret === undefined) return url;
  const signed = new URL(url);
  const sign = createHmac('sha256', secret).update(`${nowMs}\n${secret}`).digest('base64');
  signed.searchParams.set('timestamp', String(nowMs));
  signed.searchParams.set('sign', sign);
  return signed.href;
}

/** 飞书, 签名校验: HMAC-SHA256 over nothing with `timestamp \n secret` as key, in the body; seconds. */
function feishuSign({ secret }: Target, nowMs: number): { timestamp: string; sign: string } | undefined {
  if (secret === undefined) return undefined;
  const timestamp = String(Math.floor(nowMs / 1000));
  return { timestamp, sign: createHmac('sha256', `${timestamp}\n${secret}`).update('').digest('base64') };
}

function json(url: string, value: unknown): WebhookRequest {
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  return { url, body: JSON.stringify(value), headers };
}
