import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NOTHING = 'node -e ""';
const NOTES = '### Added\n\n- Something new.';

/** A small project with the script of this one: its checks do nothing, and its package is empty. */
let project: string;

function git(...args: string[]): string {
  return execFileSync('git', ['-c', 'core.hooksPath=', ...args], { cwd: project, encoding: 'utf8' }).trim();
}

function write(file: string, text: string): void {
  writeFileSync(join(project, file), text);
}

function read(file: string): string {
  return readFileSync(join(project, file), 'utf8');
}

function changelog(notes: string): string {
  return `# Changelog\n\n## [Unreleased]\n\n${notes}\n\n## [1.2.3] - 2026-01-01\n\n- Older.\n`;
}

function commit(): void {
  git('add', '--all');
  git('commit', '--quiet', '--message', 'work');
}

function release(...args: string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/release.mjs', ...args], {
    cwd: project,
    encoding: 'utf8',
  });
  return { status, output: `${stdout}${stderr}` };
}

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'ctg-release-test-'));
  for (const folder of ['scripts', 'deploy/kubernetes'])
    mkdirSync(join(project, folder), { recursive: true });
  cpSync(join(ROOT, 'scripts/release.mjs'), join(project, 'scripts/release.mjs'));
  const scripts = { check: NOTHING, test: NOTHING, 'check:package': NOTHING };
  const own = { name: 'ctg-sync', version: '1.2.3' };
  write('package.json', JSON.stringify({ ...own, scripts }));
  write('package-lock.json', JSON.stringify({ ...own, lockfileVersion: 3, packages: { '': own } }));
  write('CHANGELOG.md', changelog(NOTES));
  write('deploy/kubernetes/deployment.yaml', 'image: registry.example/ctg-sync:1.2.3\n');
  write('.gitignore', '*.tgz\n');
  git('init', '--quiet', '--initial-branch', 'main');
  git('config', 'user.email', 'somebody@example.com');
  git('config', 'user.name', 'Somebody');
  commit();
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

describe('npm run release', () => {
  it('rehearses without changing anything', () => {
    const before = git('rev-parse', 'HEAD');
    const { status, output } = release('minor', '--dry-run');
    expect(output).toContain('1.2.3 → 1.3.0');
    expect(output).toContain('Something new.');
    expect(status).toBe(0);
    expect([git('rev-parse', 'HEAD'), git('status', '--porcelain'), git('tag')]).toEqual([before, '', '']);
  });

  it('writes the version everywhere, commits, tags and packs', () => {
    const { status, output } = release('minor');
    expect(output).toContain('ctg-sync-1.3.0.tgz');
    expect(status).toBe(0);
    expect(JSON.parse(read('package.json')).version).toBe('1.3.0');
    expect(JSON.parse(read('package-lock.json')).packages[''].version).toBe('1.3.0');
    expect(read('deploy/kubernetes/deployment.yaml')).toBe('image: registry.example/ctg-sync:1.3.0\n');
    expect(read('CHANGELOG.md')).toMatch(
      /## \[Unreleased\]\n\n## \[1\.3\.0\] - \d{4}-\d\d-\d\d\n\n### Added/,
    );
    expect(git('describe', '--exact-match')).toBe('v1.3.0');
    expect(git('status', '--porcelain')).toBe('');
    expect(release('minor').output).toContain('nothing under [Unreleased]');
  });

  it.each([
    ['a tree that is not clean', () => write('new.txt', 'x'), 'patch', 'not clean'],
    ['another branch', () => git('switch', '--quiet', '--create', 'other'), 'patch', 'not main'],
    ['a tag that exists', () => git('tag', 'v1.2.4'), 'patch', 'a tag v1.2.4'],
    ['a version that is not later', () => undefined, '1.2.3', 'not later'],
    [
      'a removal in a minor version',
      () => {
        write('CHANGELOG.md', changelog('### Removed\n\n- A setting.'));
        commit();
      },
      'minor',
      'docs/compatibility.md',
    ],
  ])('refuses %s', (_what, spoil, step, words) => {
    spoil();
    const { status, output } = release(step, '--dry-run');
    expect(output).toContain(words);
    expect(status).toBe(1);
  });

  it('releases nothing when a check fails', () => {
    write('package.json', read('package.json').replace(JSON.stringify(NOTHING), '"exit 3"'));
    commit();
    const before = git('rev-parse', 'HEAD');
    expect(release('patch').status).toBe(1);
    expect([git('rev-parse', 'HEAD'), git('tag')]).toEqual([before, '']);
  });
});
