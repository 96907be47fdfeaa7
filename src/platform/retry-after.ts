/** The longest wait that a reply may ask for: one day. Beyond it a typing error would park a delivery for good. */
const MAX_RETRY_AFTER_MS = 86_400_000;

const SECONDS = /^\d+$/;
/** The three date forms of RFC 9110, told by the name of the day they begin with. */
const HTTP_DATE = /^(mon|tue|wed|thu|fri|sat|sun)[a-z]*,? /i;

/**
 * The wait, in ms, that a `Retry-After` header asks for: seconds or an HTTP date (RFC 9110 §10.2.3). A date that
 * is past gives 0, an unreadable header nothing; never more than one day.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  const waitMs = SECONDS.test(text) ? Number(text) * 1000 : httpDateMs(text) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS);
}

function httpDateMs(text: string): number {
  if (!HTTP_DATE.test(text)) return Number.NaN;
  // The old asctime form names no zone, and without one JavaScript would read it as local time.
  return Date.parse(/(gmt|utc)$/i.test(text) ? text : `${text} GMT`);
}
