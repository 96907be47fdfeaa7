/** The longest message that is kept of a reply or an error, in UTF-16 units. */
const MAX_MESSAGE_LENGTH = 500;

/** Control characters, and the two line separators that break a log line as well. */
const CONTROL = /[\p{Cc}\u2028\u2029]/gu;
const USER_INFO = /\/\/[^\s/@]*@/g;

/**
 * The text as it may be stored, logged and shown: at most 500 characters, no control characters (a NUL is
 * refused by PostgreSQL), no half of a surrogate pair.
 */
export function plainText(text: string): string {
  // Cut first, generously: cleaning a hostile message of a megabyte would cost more than it is worth.
  const clean = text.slice(0, MAX_MESSAGE_LENGTH * 4).replace(CONTROL, '');
  return clean.slice(0, MAX_MESSAGE_LENGTH).toWellFormed().trim();
}

/** The text with `user:password@` taken out of every URL in it. */
export function withoutUserInfo(text: string): string {
  return text.replace(USER_INFO, '//');
}
