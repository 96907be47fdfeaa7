import { SYSTEMS, type System } from '../../config/systems.ts';
import type { Configuration } from '../settings.ts';
import { type Attempt, attempt, PATIENCE_MS } from './attempt.ts';
import { readCertificateEnd } from './certificate-end.ts';
import { type Check, type Finding, fault, fine, warning } from './finding.ts';

const SOON_DAYS = 14;
const DAY_MS = 86_400_000;

/** Each address of the platform, of whatever account, once. */
export function platformChecks({ settings, accounts }: Configuration): readonly Check[] {
  const systems = new Map<string, Set<System>>();
  for (const system of SYSTEMS) {
    const own = [...accounts.values()].map((account) => account.urls[system] ?? settings.baseUrls[system]);
    const urls = accounts.size === 0 ? [settings.baseUrls[system]] : own;
    for (const url of urls)
      if (url !== undefined) systems.set(url, (systems.get(url) ?? new Set()).add(system));
  }
  return [...systems].map(([url, names]) => {
    const what = `platform ${[...names].join(', ')}`;
    return { what, examine: async () => [await examineAddress(what, new URL(url))] };
  });
}

/** Any HTTP answer shows that a system is there; what it says matters at the log-in. */
async function examineAddress(what: string, url: URL): Promise<Finding> {
  const tried = await attempt(async () => {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const reply = await fetch(url, { method: 'HEAD', redirect: 'manual', signal });
    await reply.body?.cancel();
  }, PATIENCE_MS + 1_000);
  if (!tried.ok) return unanswered(what, url.host, tried);
  const end = url.protocol === 'https:' ? await attempt(() => readCertificateEnd(url)) : undefined;
  return end?.ok && end.value ? judgeEnd(what, url.host, end.value) : fine(what, `${url.host} answers`);
}

function judgeEnd(what: string, host: string, end: Date): Finding {
  const days = Math.floor((end.getTime() - Date.now()) / DAY_MS);
  const detail = `${host} answers; its certificate ends on ${end.toISOString().slice(0, 10)}`;
  if (days >= SOON_DAYS) return fine(what, detail);
  return warning(what, `${detail}, in ${days} days.`, 'ask 车同轨 to renew it: nothing is sent after that.');
}

const NO_NAME = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

function unanswered(
  what: string,
  host: string,
  { words, code = '' }: Extract<Attempt<void>, { ok: false }>,
): Finding {
  if (UNTRUSTED.has(code)) {
    const fix =
      'if it is the right server, save the certificate of its authority as a PEM file and start with NODE_EXTRA_CA_CERTS=FILE.';
    return fault(what, `the certificate of ${host} is not trusted (${words}).`, fix);
  }
  if (code.startsWith('CERT_') || code.startsWith('ERR_TLS_')) {
    const fix = 'check the address; if it is right, 车同轨 has to renew or correct its certificate.';
    return fault(what, `the certificate of ${host} is not valid (${words}).`, fix);
  }
  if (NO_NAME.has(code)) {
    const fix = 'check the spelling of CTG_BASE_URL (CTG_CRM_URL, …), and the DNS of this machine.';
    return fault(what, `${host} is not a known host (${words}).`, fix);
  }
  const fix = 'check CTG_BASE_URL (CTG_CRM_URL, …), the network and the firewall.';
  return fault(what, `${host} does not answer (${words}).`, fix);
}
