// Packs the program as it would be published, installs that into an empty folder and uses it there, as somebody does who
// has no more than npm: the files that must be in it, the demo to its end, and doctor against the platform's stand-in.
// Then it unpacks it and runs `npm ci` in it, as docs/deployment.md says: every package must be just the locked one.
// Takes a minute or two, and needs the package registry.
//
//   node scripts/check-package.mjs
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MUST_HAVE = [
  'README.md',
  'README.zh-CN.md',
  'CHANGELOG.md',
  'LICENSE',
  '.env.example',
  'npm-shrinkwrap.json',
  'dist/cli/ctg-sync.js',
  ...globSync(['docs/**/*.{md,json}', 'deploy/**/*.*', 'examples/**/*.*'], { cwd: ROOT }),
];
const MUST_NOT_HAVE = ['src', 'test', 'scripts', 'data', '.env', 'docs/.vitepress'];

const directory = mkdtempSync(join(tmpdir(), 'ctg-package-'));
try {
  const file = pack();
  checkExact(unpack(file));
  const folder = install(file);
  checkFiles(join(folder, 'node_modules', 'ctg-sync'));
  const results = await Promise.all([demo(folder), doctor(folder)]);
  if (results.includes(false)) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function pack() {
  npm(ROOT, 'pack', '--pack-destination', directory);
  const [file] = globSync('ctg-sync-*.tgz', { cwd: directory });
  if (file === undefined) throw new Error('npm pack wrote no package.');
  console.log(`packed: ${file}`);
  return join(directory, file);
}

function install(file) {
  const folder = join(directory, 'somewhere');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  npm(folder, 'install', file);
  const names = globSync(['node_modules/*', 'node_modules/@*/*', 'node_modules/ctg-sync/node_modules/*'], {
    cwd: folder,
  });
  console.log(`installed: ${names.length} packages`);
  return folder;
}

function checkFiles(installed) {
  const missing = MUST_HAVE.filter((file) => !existsSync(join(installed, file)));
  const extra = MUST_NOT_HAVE.filter((file) => existsSync(join(installed, file)));
  const others = developmentPackages().filter(
    (name) =>
      existsSync(join(installed, 'node_modules', name)) ||
      existsSync(join(installed, '..', name, 'package.json')),
  );
  if (missing.length > 0) throw new Error(`Not in the package: ${missing.join(', ')}`);
  if (extra.length > 0) throw new Error(`In the package, but of no use there: ${extra.join(', ')}`);
  if (others.length > 0) throw new Error(`Development packages were installed: ${others.join(', ')}`);
  console.log(`files: ${MUST_HAVE.length} are there`);
}

function unpack(file) {
  const folder = join(directory, 'unpacked');
  mkdirSync(folder);
  const { status, stderr } = spawnSync('tar', ['-xzf', file, '--strip-components=1', '-C', folder]);
  if (status !== 0) throw new Error(`tar failed: ${stderr}`);
  npm(folder, 'ci', '--omit=dev');
  return folder;
}

/** What `npm ci` installed is what the lock says, to the version, and the program starts on it. */
function checkExact(folder) {
  const { packages } = JSON.parse(readFileSync(join(folder, 'npm-shrinkwrap.json'), 'utf8'));
  const locked = Object.entries(packages).filter(([place]) => place !== '');
  const faults = locked.flatMap(([place, { version, optional, devOptional }]) => {
    const own = join(folder, place, 'package.json');
    if (!existsSync(own)) return optional || devOptional ? [] : [`${place} is missing`];
    const { version: actual } = JSON.parse(readFileSync(own, 'utf8'));
    return actual === version ? [] : [`${place} is ${actual}, not ${version}`];
  });
  if (faults.length > 0) throw new Error(`Not as npm-shrinkwrap.json says: ${faults.join('; ')}`);
  const program = join(folder, 'dist/cli/ctg-sync.js');
  const { status, stderr } = spawnSync(process.execPath, [program, '--version'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The unpacked program does not start: ${stderr}`);
  console.log(`versions: ${locked.length} packages are those of the lock, or optional`);
}

/** Types aside: packages that run in production bring their own. */
function developmentPackages() {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return Object.keys(devDependencies).filter((name) => !name.startsWith('@types/'));
}

async function demo(cwd) {
  const { code, output } = await ctgSync(cwd, ['demo', '--once']).ended;
  const summary = output.trim().split('\n').at(-1) ?? '';
  return verdict('demo --once', code === 0 && summary.includes('"ok":true'), output);
}

/** Against the stand-in, in a folder of its own: no setting of this machine counts, and no data is left. */
async function doctor(folder) {
  const cwd = join(folder, 'doctor');
  mkdirSync(cwd);
  const sandbox = ctgSync(folder, ['sandbox', '--port', '0']);
  try {
    const url = await sandbox.says(/http:\/\/127\.0\.0\.1:\d+/);
    const settings = {
      CTG_BASE_URL: url,
      CTG_USERNAME: '13800000000',
      CTG_PASSWORD: 'sandbox',
      CTG_SEC: 'sandbox-sec',
      HTTP_PORT: '0',
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    writeFileSync(join(cwd, '.env'), `${lines.join('\n')}\n`);
    const { code, output } = await ctgSync(cwd, ['doctor']).ended;
    return verdict('doctor', code === 0, output);
  } finally {
    sandbox.stop();
    await sandbox.ended;
  }
}

function verdict(name, good, output) {
  console.log(good ? `works: ctg-sync ${name}` : `FAILED: ctg-sync ${name}\n${output}`);
  return good;
}

/** The installed program, in `cwd` or a folder above it. */
function ctgSync(cwd, args) {
  const program = join(directory, 'somewhere', 'node_modules', '.bin', 'ctg-sync');
  const child = spawn(program, args, { cwd, env: plainEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let heard = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      output += piece;
      heard();
    });
  }
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
  const says = (pattern) =>
    new Promise((resolve, reject) => {
      heard = () => pattern.test(output) && resolve(pattern.exec(output)[0]);
      ended.then(() => reject(new Error(`ctg-sync ${args.join(' ')} ended:\n${output}`)), reject);
      heard();
    });
  return { ended, says, stop: () => child.kill('SIGTERM') };
}

/** This Node first, and no setting of ours. */
function plainEnvironment() {
  const { HOME, LANG } = process.env;
  return { HOME, LANG, NO_COLOR: '1', PATH: dirname(process.execPath) + delimiter + process.env.PATH };
}

function npm(cwd, ...args) {
  const { status, stdout, stderr, error } = spawnSync('npm', args, {
    cwd,
    env: {
      ...process.env,
      npm_config_loglevel: 'error',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      PATH: dirname(process.execPath) + delimiter + process.env.PATH,
    },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  throw new Error(`npm ${args.join(' ')} failed: ${error?.message ?? ''}\n${stdout ?? ''}${stderr ?? ''}`);
}
