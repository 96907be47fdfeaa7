import { isIPv4 } from 'node:net';
import { misread, type Reading, understood } from './reading.ts';

/** Whether a host name or address never leaves this machine: `localhost`, `127.0.0.0/8`, `::1`. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (isIPv4(bare)) return bare.startsWith('127.');
  return bare === '::1' || bare === 'localhost' || bare.endsWith('.localhost');
}

/** Whether what is sent to this URL can be read on the way: plain `http:` to anything but loopback. */
export function isInsecure(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !isLoopback(hostname);
}

/** The fault of a URL that {@link isInsecure}; the platform's logins carry passwords in the body. */
export const INSECURE_FIX = 'use https:, or set CTG_ALLOW_INSECURE=true where the network itself is trusted';

/** The words for a URL that {@link isInsecure}. */
export function insecureProblem(url: string): string {
  return `plain http: to ${new URL(url).host} would show passwords on the network`;
}

/** Reads the base URL of a system: http or https, no credentials, no query; the trailing slash goes. */
export function readBaseUrl(text: string): Reading<string> {
  if (!URL.canParse(text)) return misread('is not a URL', 'write it like https://ctg.example.com');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return misread('is neither https: nor http:', 'write it like https://ctg.example.com');
  }
  if (url.username !== '' || url.password !== '') {
    return misread('carries a user or password, which logs would show', 'remove the part before the @');
  }
  if (url.search !== '' || url.hash !== '') {
    return misread('carries a query or fragment', 'keep only scheme, host and path');
  }
  return understood(url.href.replace(/\/+$/, ''));
}
