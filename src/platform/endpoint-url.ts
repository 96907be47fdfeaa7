/** An address that may be sent to, or why it may not. */
export type EndpointCheck =
  | { readonly kind: 'usable'; readonly url: URL }
  | { readonly kind: 'refused'; readonly code: 'INVALID_URL' | 'INSECURE_URL'; readonly message: string };

/**
 * Checks an address before anything is done with it. A request carries a password in the clear, so plain `http:` goes
 * to loopback only, unless `allowInsecure`. The message never holds the URL's
 * user or password.
 */
export function checkEndpoint(text: string, allowInsecure: boolean): EndpointCheck {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return { kind: 'refused', code: 'INVALID_URL', message: 'The address is not an http: or https: URL' };
  }
  if (url.protocol === 'http:' && !allowInsecure && !isLoopback(url.hostname)) {
    const message = `Plain http: to ${url.host} would show the password: use https:, or set CTG_ALLOW_INSECURE=true`;
    return { kind: 'refused', code: 'INSECURE_URL', message };
  }
  return { kind: 'usable', url };
}

/** The URL parser has already written every spelling of 127.0.0.1 and ::1 in its normal form. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
