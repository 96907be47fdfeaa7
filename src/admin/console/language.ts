import type { FastifyRequest } from 'fastify';

/** The languages of the console. */
export type Language = 'zh' | 'en';

const COOKIE = 'ctg_language';
const YEAR_SECONDS = 365 * 24 * 3600;

/** What a person chose, else what the browser asks for, else Chinese. */
export function languageOf({ headers }: FastifyRequest): Language {
  const chosen = new RegExp(`(?:^|;\\s*)${COOKIE}=(zh|en)(?:;|$)`).exec(headers.cookie ?? '')?.[1];
  if (chosen === 'zh' || chosen === 'en') return chosen;
  const wanted = (headers['accept-language'] ?? '')
    .split(',')
    .map((part) => /^\s*(zh|en)\b[^;]*(?:;\s*q=([\d.]+))?/i.exec(part))
    .flatMap((match) => (match ? [{ tag: match[1]?.toLowerCase(), weight: Number(match[2] ?? 1) }] : []))
    .sort((one, other) => other.weight - one.weight);
  return wanted[0]?.tag === 'en' ? 'en' : 'zh';
}

/** The `Set-Cookie` that remembers a choice. */
export function languageCookie(language: Language): string {
  return `${COOKIE}=${language}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Strict; HttpOnly`;
}
