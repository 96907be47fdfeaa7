import { Secret } from './secret.ts';
import type { SettingValues } from './setting-definitions.ts';

/** The webhook that is told of alerts. Its address is a secret: it may hold a robot's key. */
export type WebhookSettings = {
  readonly kind: SettingValues['ALERT_WEBHOOK_KIND'];
  readonly url: Secret;
  readonly secret: Secret | undefined;
};

/** When the agent gives alerts, and whom it tells. A limit of 0 turns its rule off. */
export type AlertSettings = {
  readonly lagSeconds: number;
  readonly rejectedPercent: number;
  readonly noProgressSeconds: number;
  readonly webhook: WebhookSettings | undefined;
  /** Where people reach the console. */
  readonly publicUrl: string | undefined;
  readonly intervalMs: number;
  /** How long a condition must last before it is told, and be gone before that is told. */
  readonly settleMs: number;
  readonly repeatMs: number;
};

const LOCAL_COLLECTOR = 'http://localhost:4318';

/** The settings of alerts. */
export function alertSettings(values: SettingValues): AlertSettings {
  return {
    lagSeconds: values.ALERT_LAG_SECONDS,
    rejectedPercent: values.ALERT_REJECTED_PERCENT,
    noProgressSeconds: values.ALERT_NO_PROGRESS_SECONDS,
    webhook: webhookOf(values),
    publicUrl: values.CTG_SYNC_PUBLIC_URL,
    intervalMs: values.ALERT_INTERVAL_SECONDS * 1000,
    settleMs: values.ALERT_SETTLE_SECONDS * 1000,
    repeatMs: values.ALERT_REPEAT_HOURS * 3_600_000,
  };
}

function webhookOf(values: SettingValues): WebhookSettings | undefined {
  const { ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_SECRET: secret, ALERT_WEBHOOK_KIND: kind } = values;
  if (url === undefined) return undefined;
  return { kind, url: new Secret(url), secret: secret === undefined ? undefined : new Secret(secret) };
}

/** The collector of traces, without a path; undefined: no traces. */
export function traceEndpoint(values: SettingValues): string | undefined {
  return values.OTEL_EXPORTER_OTLP_ENDPOINT ?? (values.TRACING ? LOCAL_COLLECTOR : undefined);
}
