import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COPIED = [
  'src',
  'test/mappers',
  'test/fixtures',
  'scripts',
  'docs',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
];

/** What the page says to write: a new file, or lines after one that is there. */
type Edit = {
  readonly kind: 'file' | 'after';
  readonly file: string;
  readonly after: string;
  readonly text: string;
};

function editsOf(page: string): Edit[] {
  const marked = /<!-- (file|after)(?: in)?:? ?([^:\s]+)(?:: (.*?))? -->\n```\w+\n([\s\S]*?)```/g;
  return [...readFileSync(join(ROOT, page), 'utf8').matchAll(marked)].map(
    ([, kind = '', file = '', after = '', text = '']) => ({
      kind: kind === 'file' ? 'file' : 'after',
      file,
      after: after.trim(),
      text,
    }),
  );
}

let copy: string;

function apply({ kind, file, after, text }: Edit): void {
  const target = join(copy, file);
  mkdirSync(dirname(target), { recursive: true });
  if (kind === 'file') {
    writeFileSync(target, text);
    return;
  }
  const lines = readFileSync(target, 'utf8').split('\n');
  const at = lines.findLastIndex((line) => line.trim() === after);
  expect(at, `${file} has the line: ${after}`).toBeGreaterThanOrEqual(0);
  writeFileSync(target, lines.toSpliced(at + 1, 0, text.trimEnd()).join('\n'));
}

function run(...args: string[]): { readonly status: number | null; readonly output: string } {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'));
  const env = { ...Object.fromEntries(kept), NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, env, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

/** A compiler and a run of tests inside a test: patience for a busy machine. */
describe('the sixteenth interface of docs/contributing.md', { timeout: 240_000 }, () => {
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'ctg-contributing-'));
    for (const each of COPIED) cpSync(join(ROOT, each), join(copy, each), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const config = "export default { test: { include: ['test/mappers/fixtures.test.ts'] } };\n";
    writeFileSync(join(copy, 'vitest.config.ts'), config);
    for (const edit of editsOf('docs/contributing.md')) apply(edit);
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('is one new file of the program, and three lines', () => {
    const edits = editsOf('docs/contributing.md').filter(({ file }) => file.startsWith('src/'));
    expect(edits.filter(({ kind }) => kind === 'file')).toHaveLength(1);
    const lines = edits.filter(({ kind }) => kind === 'after').flatMap(({ text }) => text.trim().split('\n'));
    expect(lines).toHaveLength(3);
  });

  it('is the same in both languages', () => {
    expect(editsOf('docs/contributing.zh-CN.md')).toEqual(editsOf('docs/contributing.md'));
  });

  it('has sound types, and is built', () => {
    const built = run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noEmit');
    expect(built).toEqual({ status: 0, output: '' });
  });

  it('is held to its recorded documents', () => {
    const { status, output } = run('node_modules/vitest/vitest.mjs', 'run', '--reporter=verbose');
    expect(output).toContain('stock-warning');
    expect(status, output).toBe(0);
    writeFileSync(
      join(copy, 'test/fixtures/stock-warning/accepted.json'),
      readFileSync(join(copy, 'test/fixtures/stock-warning/accepted.json'), 'utf8').replace(': 12', ': 13'),
    );
    expect(run('node_modules/vitest/vitest.mjs', 'run').status).toBe(1);
  });

  it('gets its pages, and is taken by the intake', () => {
    for (const script of ['generate-interface-docs', 'generate-openapi'])
      expect(run(`scripts/${script}.ts`)).toMatchObject({ status: 0 });
    expect(readFileSync(join(copy, 'docs/interfaces.md'), 'utf8')).toContain(
      '## 16. `stock-warning` · 库存预警',
    );
    const { paths } = JSON.parse(readFileSync(join(copy, 'docs/openapi/platform.json'), 'utf8'));
    expect(Object.keys(paths)).toContain('/data/stock-warning');
    const read = "import { readChange } from './src/admin/change.ts';";
    const change = `{ entity: 'stock_warning', key: 'G-1001', payload: { goodsId: 'G-1001', lowest: '12' } }`;
    const { output } = run('--input-type=module', '-e', `${read} console.log(readChange(${change}).ok)`);
    expect(output).toContain('true');
  });
});
