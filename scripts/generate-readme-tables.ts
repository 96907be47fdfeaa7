/**
 * Writes the table of the settings into README.md and README.zh-CN.md, between `<!-- settings -->` and
 * `<!-- /settings -->`.
 *
 *   node scripts/generate-readme-tables.ts             write it
 *   node scripts/generate-readme-tables.ts --check     exit 1 when one of them is not up to date
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = new URL('../', import.meta.url);
const READMES = [
  { file: 'README.md', language: 'en' },
  { file: 'README.zh-CN.md', language: 'zh' },
] as const;
const BEGIN = '<!-- settings -->';
const END = '<!-- /settings -->';

function settingsTable(language: string): string {
  const script = fileURLToPath(new URL('scripts/generate-settings-docs.ts', ROOT));
  return execFileSync(process.execPath, [script, '--table', language], { encoding: 'utf8' }).trim();
}

function read(file: string): string {
  return readFileSync(new URL(file, ROOT), 'utf8');
}

function withTable(file: string, language: string): string {
  const [before, inside, ...rest] = read(file).split(BEGIN);
  const [, after, ...more] = inside?.split(END) ?? [];
  if (before === undefined || after === undefined || rest.length > 0 || more.length > 0) {
    throw new Error(`${file} must have ${BEGIN} and ${END} once, in this order.`);
  }
  return `${before}${BEGIN}\n\n${settingsTable(language)}\n\n${END}${after}`;
}

function check(): void {
  const stale = READMES.filter(({ file, language }) => read(file) !== withTable(file, language));
  if (stale.length === 0) return;
  const files = stale.map(({ file }) => file).join(', ');
  console.error(`Not up to date: ${files}. Run: node scripts/generate-readme-tables.ts`);
  process.exitCode = 1;
}

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
if (values.check) check();
else for (const { file, language } of READMES) writeFileSync(new URL(file, ROOT), withTable(file, language));
