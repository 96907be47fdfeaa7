import { z } from 'zod';
import { readBaseUrl } from '../base-url.ts';
import { readText } from '../reading.ts';
import { readWebhookUrl } from '../webhook-url.ts';
import { ACCEPTS_SWITCH, acceptsOneOf, acceptsWholeNumber, setting, wholeNumber } from './setting.ts';

const WEBHOOK_KINDS = ['generic', 'wecom', 'dingtalk', 'feishu'] as const;
const ACCEPTS_HTTP = { en: 'an http: or https: URL', zh: 'http: 或 https: 地址' };
const DAY_SECONDS = 86_400;

/** Alerts that the agent gives by itself, and traces. */
export const monitoringSettings = {
  ALERT_WEBHOOK_URL: setting(readText(readWebhookUrl).optional(), {
    meaning: {
      en: 'Webhook that is told of alerts, such as the address of a group robot; without it alerts are in the log and in `/v1/alerts` alone',
      zh: '接收告警的 webhook，例如群机器人的地址；不设置时告警只见于日志和 `/v1/alerts`',
    },
    accepts: ACCEPTS_HTTP,
    unset: { en: 'none', zh: '无' },
    example: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=change-me',
    secret: true,
  }),
  ALERT_WEBHOOK_KIND: setting(z.enum(WEBHOOK_KINDS).default('generic'), {
    meaning: {
      en: 'Whose webhook it is: plain JSON, 企业微信, 钉钉 or 飞书',
      zh: 'webhook 的种类：通用 JSON、企业微信、钉钉或飞书',
    },
    accepts: acceptsOneOf(WEBHOOK_KINDS),
  }),
  ALERT_WEBHOOK_SECRET: setting(z.string().optional(), {
    meaning: {
      en: 'Signs the notices: 加签 of 钉钉, 签名校验 of 飞书, `x-ctg-sync-signature` of a generic one; 企业微信 has none',
      zh: '通知的签名密钥：钉钉“加签”、飞书“签名校验”、通用 webhook 的 `x-ctg-sync-signature`；企业微信不用',
    },
    accepts: { en: 'text', zh: '文本' },
    unset: { en: 'not signed', zh: '不签名' },
    example: 'change-me',
    secret: true,
  }),
  ALERT_LAG_SECONDS: setting(wholeNumber(0, 30 * DAY_SECONDS).default(300), {
    meaning: {
      en: 'Alert when the oldest change has been on its way for longer, in seconds; 0: never',
      zh: '最早的改动等待超过多少秒时告警；0 表示从不',
    },
    accepts: acceptsWholeNumber(0, 30 * DAY_SECONDS),
  }),
  ALERT_REJECTED_PERCENT: setting(wholeNumber(0, 100).default(20), {
    meaning: {
      en: 'Alert when so many of the changes that ended in the last 15 minutes were rejected, in percent; 0: never',
      zh: '近 15 分钟了结的改动中被拒的达到百分之多少时告警；0 表示从不',
    },
    accepts: acceptsWholeNumber(0, 100),
  }),
  ALERT_NO_PROGRESS_SECONDS: setting(wholeNumber(0, DAY_SECONDS).default(300), {
    meaning: {
      en: 'Alert when nothing has been taken out of a filled outbox for so long, in seconds; 0: never',
      zh: 'outbox 里有改动却多少秒没有移动时告警；0 表示从不',
    },
    accepts: acceptsWholeNumber(0, DAY_SECONDS),
  }),
  ALERT_SETTLE_SECONDS: setting(wholeNumber(0, DAY_SECONDS).default(60), {
    meaning: {
      en: 'How long a condition must last before it is an alert, and be gone before the alert is over, in seconds',
      zh: '情况持续多少秒才算告警，消失多少秒才算恢复',
    },
    accepts: acceptsWholeNumber(0, DAY_SECONDS),
  }),
  ALERT_REPEAT_HOURS: setting(z.coerce.number().positive().max(720).default(4), {
    meaning: {
      en: 'An alert that is still on is told again after so many hours',
      zh: '仍在持续的告警每隔多少小时再通知一次',
    },
    accepts: { en: 'a number above 0, at most 720', zh: '大于 0、不超过 720 的数' },
  }),
  ALERT_INTERVAL_SECONDS: setting(wholeNumber(1, 3600).default(15), {
    meaning: { en: 'How often alerts are looked for, in seconds', zh: '每隔多少秒检查一次告警' },
    accepts: acceptsWholeNumber(1, 3600),
  }),
  CTG_SYNC_PUBLIC_URL: setting(readText(readBaseUrl).optional(), {
    meaning: {
      en: 'Address under which people reach the console; alerts link to it',
      zh: '人员访问控制台的地址，告警中会附上链接',
    },
    accepts: ACCEPTS_HTTP,
    unset: { en: 'no link', zh: '不附链接' },
    example: 'https://ctg-sync.example.com',
  }),
  TRACING: setting(z.stringbool().default(false), {
    meaning: {
      en: 'Send traces (OpenTelemetry); also on when `OTEL_EXPORTER_OTLP_ENDPOINT` is set',
      zh: '发送链路追踪（OpenTelemetry）；设置了 `OTEL_EXPORTER_OTLP_ENDPOINT` 时也会开启',
    },
    accepts: ACCEPTS_SWITCH,
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(readText(readBaseUrl).optional(), {
    meaning: { en: 'Collector of traces (OTLP over HTTP)', zh: '链路追踪的采集端（OTLP/HTTP）' },
    accepts: ACCEPTS_HTTP,
    unset: {
      en: '`http://localhost:4318`, when `TRACING` is on',
      zh: '开启 `TRACING` 时为 `http://localhost:4318`',
    },
    example: 'http://localhost:4318',
  }),
};
