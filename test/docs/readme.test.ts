import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const FILES = [
  'README',
  'docs/tables',
  'docs/getting-started',
  'docs/operation',
  'docs/monitoring',
  'docs/reliability',
  'docs/security',
].flatMap((name) => [`${name}.md`, `${name}.zh-CN.md`]);

test('the tables in the READMEs are up to date', () => {
  const script = fileURLToPath(new URL('scripts/generate-readme-tables.ts', ROOT));
  expect(() =>
    execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8', stdio: 'pipe' }),
  ).not.toThrow();
});

test.each(FILES)('every link of %s leads somewhere', (file) => {
  const links = [...read(file).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((link) => !leadsSomewhere(link, file))).toEqual([]);
});

test.each(FILES)('every command of %s exists', (file) => {
  const known = commands();
  const text = read(file);
  const named = [...text.matchAll(/(?:npm run (?:-s )?ctg-sync --|`ctg-sync) ([a-z]+)/g)].map(
    ([, name]) => name,
  );
  expect(named.filter((name) => !known.has(name ?? ''))).toEqual([]);
});

function read(file: string): string {
  return readFileSync(new URL(file, ROOT), 'utf8');
}

function leadsSomewhere(link: string, file: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? new URL(file, ROOT) : new URL(path, new URL(file, ROOT));
  if (!existsSync(target)) return false;
  return anchor === undefined || anchorsOf(target).has(decodeURIComponent(anchor));
}

/** The anchors that headings get where Markdown is shown. */
function anchorsOf(file: URL): ReadonlySet<string> {
  const headings = readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  );
}

function commands(): ReadonlySet<string> {
  const program = fileURLToPath(new URL('src/cli/ctg-sync.ts', ROOT));
  const help = execFileSync(process.execPath, [program, '--help'], { encoding: 'utf8' });
  return new Set([...help.matchAll(/^ {2}([a-z]+)(?: |$)/gm)].map(([, name = '']) => name));
}
