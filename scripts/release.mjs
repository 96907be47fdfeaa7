// Makes a release of what is checked out: version, CHANGELOG, commit, tag, package. It sends nothing anywhere; the last
// lines say what is left to do by hand. See docs/releasing.md.
//
//   npm run release -- minor              or major, patch, or a version such as 1.4.0
//   npm run release -- minor --dry-run    says what it would do, and changes nothing
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CHECKS = ['check', 'test', 'check:package'];
const UNRELEASED = /^## \[Unreleased\]\n([\s\S]*?)(?=^## |(?![\s\S]))/m;
/** Files that name the version beside package.json. */
const IMAGES = globSync('deploy/kubernetes/*.yaml', { cwd: ROOT });

try {
  release(readArguments());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

function readArguments() {
  const { values, positionals } = parseArgs({
    options: { 'dry-run': { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [step] = positionals;
  if (positionals.length === 1 && /^(major|minor|patch|\d+\.\d+\.\d+)$/.test(step))
    return { step, dryRun: values['dry-run'] };
  throw new Error('Usage: npm run release -- major|minor|patch|VERSION [--dry-run]');
}

function release({ step, dryRun }) {
  const { version: current } = readJson('package.json');
  const version = nextVersion(current, step);
  const notes = readNotes();
  const faults = faultsOf({ current, version, notes });
  if (faults.length > 0) throw new Error(`No release:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  console.log(`${current} → ${version}\n\n${notes}\n`);
  if (dryRun) rehearse(version);
  else perform(version);
}

function nextVersion(current, step) {
  const [major, minor, patch] = current.split('.').map(Number);
  switch (step) {
    case 'major':
      return `${major + 1}.0.0`;
    case 'minor':
      return `${major}.${minor + 1}.0`;
    case 'patch':
      return `${major}.${minor}.${patch + 1}`;
    default:
      return step;
  }
}

function readNotes() {
  return UNRELEASED.exec(read('CHANGELOG.md'))?.[1]?.trim() ?? '';
}

/** Everything that is in the way, at once. */
function faultsOf({ current, version, notes }) {
  const changed = git('status', '--porcelain');
  const branch = git('branch', '--show-current');
  const expectations = [
    [changed === '', `the tree is not clean; commit or stash first:\n${changed}`],
    [branch === 'main', `this is the branch "${branch}", not main`],
    [
      notes !== '',
      'CHANGELOG.md has nothing under [Unreleased]; write for whoever upgrades what has changed',
    ],
    [isLater(version, current), `${version} is not later than ${current}`],
    [git('tag', '--list', `v${version}`) === '', `there is a tag v${version} already`],
    [!/^### (Removed|Breaking)/m.test(notes) || breaks(version, current), breakingFault(version)],
  ];
  return expectations.filter(([holds]) => !holds).map(([, fault]) => fault);
}

function breakingFault(version) {
  return `CHANGELOG.md says that something was removed or breaks; ${version} promises that nothing does (docs/compatibility.md)`;
}

function isLater(version, current) {
  return compare(version, current) > 0;
}

function compare(a, b) {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  return left.map((part, index) => part - right[index]).find((difference) => difference !== 0) ?? 0;
}

/** A major version; before 1.0.0 a minor one. */
function breaks(version, current) {
  const [[major, minor], [oldMajor, oldMinor]] = [version, current].map((text) =>
    text.split('.').map(Number),
  );
  return major > oldMajor || (major === 0 && minor > oldMinor);
}

function rehearse(version) {
  const directory = mkdtempSync(join(tmpdir(), 'ctg-release-'));
  try {
    pack(directory);
    console.log(`Would run: ${CHECKS.map((name) => `npm run ${name}`).join(', ')}`);
    console.log(`Would write: ${Object.keys(changesFor(version)).join(', ')}`);
    console.log(`Would commit and tag: v${version}\nNothing was changed.`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function perform(version) {
  for (const name of CHECKS) npm('run', name);
  const changes = changesFor(version);
  for (const [file, text] of Object.entries(changes)) writeFileSync(join(ROOT, file), text);
  git('add', '--', ...Object.keys(changes));
  git('commit', '--quiet', '--message', `Version ${version}`);
  git('tag', '--annotate', `v${version}`, '--message', `Version ${version}`);
  pack(ROOT);
  console.log(`Released here. Left to do, in this order:
  git push --follow-tags
  npm publish ctg-sync-${version}.tgz          where you publish
  docker build -t ctg-sync:${version} .        and push it to your registry`);
}

/** The files that name the version, as they are then. */
function changesFor(version) {
  const lock = readJson('package-lock.json');
  const own = { ...lock.packages[''], version };
  const today = new Date().toISOString().slice(0, 10);
  const heading = `## [Unreleased]\n\n## [${version}] - ${today}\n`;
  return {
    'package.json': json({ ...readJson('package.json'), version }),
    'package-lock.json': json({ ...lock, version, packages: { ...lock.packages, '': own } }),
    'CHANGELOG.md': read('CHANGELOG.md').replace('## [Unreleased]\n', heading),
    ...Object.fromEntries(
      IMAGES.map((file) => [file, read(file).replaceAll(/(\/ctg-sync:)[\w.-]+/g, `$1${version}`)]).filter(
        ([file, text]) => text !== read(file),
      ),
    ),
  };
}

function pack(directory) {
  npm('pack', '--pack-destination', directory);
  for (const file of globSync('ctg-sync-*.tgz', { cwd: directory }))
    console.log(`Packed: ${file}, ${Math.round(statSync(join(directory, file)).size / 1024)} KiB`);
}

function read(file) {
  return readFileSync(join(ROOT, file), 'utf8');
}

function readJson(file) {
  return JSON.parse(read(file));
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function git(...args) {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args[0]} failed: ${stderr}`);
  return stdout.trimEnd();
}

function npm(...args) {
  const PATH = dirname(process.execPath) + delimiter + process.env.PATH;
  const { status } = spawnSync('npm', args, {
    cwd: ROOT,
    env: { ...process.env, PATH },
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed, so nothing was released.`);
}
