/** Texts in quotes and comments are left alone; only `name.` outside of them is a row's name. */
const QUOTED = /'(?:[^'\\]|\\.|'')*'|"[^"]*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\//g;

/**
 * Calls the row of a condition or of a SELECT otherwise.
 *
 * @example renameRow("t.type = 't.'", 't', 'NEW') // "NEW.type = 't.'"
 */
export function renameRow(text: string, name: string, other: string): string {
  const row = new RegExp(`(?<![\\w.])${name}\\s*\\.(?=\\s*[\\w"\`])`, 'gi');
  let renamed = '';
  let end = 0;
  for (const match of text.matchAll(QUOTED)) {
    renamed += text.slice(end, match.index).replace(row, () => `${other}.`) + match[0];
    end = match.index + match[0].length;
  }
  return renamed + text.slice(end).replace(row, () => `${other}.`);
}
