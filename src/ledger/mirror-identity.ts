import { hash } from 'node:crypto';

/** The width of the column `identity`. */
const LONGEST_IDENTITY = 191;

/** One text out of several parts, none of which can run into the next. */
export function identityText(parts: readonly string[]): string {
  const text = parts.map((part) => storable(part).replaceAll('%', '%25').replaceAll('|', '%7C')).join('|');
  return text.length <= LONGEST_IDENTITY ? text : `sha256:${hash('sha256', text, 'base64url')}`;
}

/** Without what PostgreSQL refuses: NUL, and halves of surrogate pairs. */
export function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
