import { INSECURE_FIX, insecureProblem, isInsecure, isLoopback } from './base-url.ts';
import type { Fault } from './fault.ts';
import type { SettingValues } from './setting-definitions.ts';

const SHORTEST_TOKEN = 16;

/** The faults that only several settings together show. */
export function settingFaults(values: SettingValues): readonly Fault[] {
  return [
    ...insecureFaults(values),
    ...webhookFaults(values),
    ...tokenFaults(values),
    ...senderFaults(values),
  ];
}

function insecureFaults(values: SettingValues): readonly Fault[] {
  if (values.CTG_ALLOW_INSECURE) return [];
  const { CTG_BASE_URL, CTG_CRM_URL, CTG_DATA_URL, CTG_ORDER_URL, CTG_LOGISTICS_URL } = values;
  const urls = { CTG_BASE_URL, CTG_CRM_URL, CTG_DATA_URL, CTG_ORDER_URL, CTG_LOGISTICS_URL };
  return Object.entries(urls).flatMap(([name, url]) =>
    url !== undefined && isInsecure(url) ? [{ name, problem: insecureProblem(url), fix: INSECURE_FIX }] : [],
  );
}

/** A robot's address is its key, and each of them is reached by https. A generic webhook may be on the own network. */
function webhookFaults(values: SettingValues): readonly Fault[] {
  const { ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_KIND: kind } = values;
  if (url === undefined || kind === 'generic' || !isInsecure(url)) return [];
  const problem = 'is plain http:, which would show its key on the network';
  return [{ name: 'ALERT_WEBHOOK_URL', problem, fix: 'use https:' }];
}

function senderFaults({ SENDERS, DATABASE_URL }: SettingValues): readonly Fault[] {
  if (SENDERS === 1 || DATABASE_URL !== undefined) return [];
  const problem = 'is more than 1, and the embedded store is for one process';
  return [{ name: 'SENDERS', problem, fix: 'set DATABASE_URL, or SENDERS=1' }];
}

function tokenFaults(values: SettingValues): readonly Fault[] {
  if (isLoopback(values.HTTP_HOST)) return [];
  const { ADMIN_TOKEN, ADMIN_TOKEN_READONLY, INGEST_TOKEN } = values;
  const tokens = { ADMIN_TOKEN, ADMIN_TOKEN_READONLY, INGEST_TOKEN };
  const short = Object.entries(tokens)
    .filter(([, token]) => token !== undefined && token.length < SHORTEST_TOKEN)
    .map(([name]) => shortToken(name));
  return ADMIN_TOKEN === undefined ? [missingToken(values.HTTP_HOST), ...short] : short;
}

function missingToken(host: string): Fault {
  return {
    name: 'ADMIN_TOKEN',
    problem: `is missing, while HTTP_HOST ${host} is open to the network`,
    fix: 'set it to a long random text, or set HTTP_HOST=127.0.0.1',
  };
}

function shortToken(name: string): Fault {
  const fix = 'make a longer one, for example with: openssl rand -hex 24';
  return { name, problem: `is shorter than ${SHORTEST_TOKEN} characters`, fix };
}
