import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const PAGES = readdirSync(new URL('docs', ROOT))
  .filter((file) => file.endsWith('.md'))
  .map((file) => `docs/${file}`);
const FILES = ['README.md', 'README.zh-CN.md', 'CHANGELOG.md', 'examples/jsherp/README.md', ...PAGES];

test('every page is there in both languages', () => {
  const english = PAGES.filter((file) => !file.endsWith('.zh-CN.md'));
  const missing = english.filter((file) => !existsSync(new URL(file.replace(/\.md$/, '.zh-CN.md'), ROOT)));
  expect(missing).toEqual([]);
  const chinese = PAGES.filter((file) => file.endsWith('.zh-CN.md'));
  expect(chinese.map((file) => file.replace('.zh-CN', '')).filter((file) => !english.includes(file))).toEqual(
    [],
  );
  const unlinked = chinese.filter((file) => {
    const twin = file.replace('.zh-CN', '');
    const [own, other] = [file, twin].map((each) => each.replace('docs/', ''));
    return !read(twin).includes(`[中文](${own})`) || !read(file).includes(`[English](${other})`);
  });
  expect(unlinked, 'do not link each other').toEqual([]);
});

const CHINESE = FILES.filter((file) => file.endsWith('.zh-CN.md'));

test.each(CHINESE)('%s has the sections of its English twin, in their order', (file) => {
  const levels = (name: string) => [...prose(name).matchAll(/^(#+) /gm)].map(([, marks]) => marks);
  expect(levels(file)).toEqual(levels(file.replace('.zh-CN', '')));
});

test.each(CHINESE)('%s leads to the Chinese pages', (file) => {
  const links = [...read(file).matchAll(/\[([^\]]*)\]\((?!https?:)([^)#\s]+\.md)/g)];
  const english = links
    .filter(([, text]) => text !== 'English')
    .map(([, , link = '']) => link)
    .filter((link) =>
      existsSync(new URL(link.replace(/(?<!\.zh-CN)\.md$/, '.zh-CN.md'), new URL(file, ROOT))),
    )
    .filter((link) => !link.endsWith('.zh-CN.md'));
  expect(english).toEqual([]);
});

test('the tables in the READMEs are up to date', () => {
  const script = fileURLToPath(new URL('scripts/generate-readme-tables.ts', ROOT));
  expect(() =>
    execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8', stdio: 'pipe' }),
  ).not.toThrow();
});

test.each(FILES)('every link of %s leads somewhere', (file) => {
  const links = [...read(file).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
  expect(links.filter((link) => !leadsSomewhere(link, file))).toEqual([]);
});

const known = commands();

test.each(FILES)('every command of %s exists', (file) => {
  const text = read(file);
  const named = [...text.matchAll(/(?:npm run (?:-s )?ctg-sync --|`ctg-sync) ([a-z]+)/g)].map(
    ([, name]) => name,
  );
  expect(named.filter((name) => !known.has(name ?? ''))).toEqual([]);
});

function read(file: string): string {
  return readFileSync(new URL(file, ROOT), 'utf8');
}

/** A page without what is quoted in it: a shell's comment is no heading. */
function prose(file: string): string {
  return read(file).replaceAll(/^```[\s\S]*?^```$/gm, '');
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
