import got from 'got';
import type { WebhookSettings } from '../../config/monitoring.ts';
import { type Notice, webhookRequest } from './webhook-request.ts';

/** Whether the webhook took a notice; the reason never holds the address, which is a secret. */
export type WebhookResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const TIMEOUT_MS = 10_000;

/** Gives a notice to the webhook, once. Never throws. */
export async function postNotice(settings: WebhookSettings, notice: Notice): Promise<WebhookResult> {
  const target = { url: settings.url.reveal(), secret: settings.secret?.reveal() };
  try {
    const request = webhookRequest(settings.kind, notice, target, Date.now());
    const reply = await got.post(request.url, {
      body: request.body,
      headers: request.headers,
      timeout: { request: TIMEOUT_MS },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
    });
    if (!reply.ok) return { ok: false, reason: `HTTP ${reply.statusCode}` };
    return settings.kind === 'generic' ? { ok: true } : judgeRobot(reply.body);
  } catch (error) {
    return { ok: false, reason: codeOf(error) };
  }
}

/** A robot answers 200 also when it refuses; its code says so. */
function judgeRobot(body: string): WebhookResult {
  const code = robotCode(body);
  if (code === 0) return { ok: true };
  return { ok: false, reason: code === undefined ? 'an answer that is none of a robot' : `code ${code}` };
}

function robotCode(body: string): number | undefined {
  try {
    const { errcode, code }: { errcode?: unknown; code?: unknown } = JSON.parse(body);
    const found = errcode ?? code;
    return typeof found === 'number' ? found : undefined;
  } catch {
    return undefined;
  }
}

/** The error's code alone: its words name the address. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'the request failed';
}
