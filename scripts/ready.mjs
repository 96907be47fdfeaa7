#!/usr/bin/env node
// Makes a fresh clone ready (installs the packages, once) and then runs something on the project's own Node:
//
//   node scripts/ready.mjs                only makes ready
//   node scripts/ready.mjs test [args…]   the tests
//   node scripts/ready.mjs WORD [args…]   ctg-sync WORD, straight from the sources
//
// Plain JavaScript, and nothing newer than Node 18: it is what an old Node runs in order to reach a new one.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const OWN_NODE = path.join(
  ROOT,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);
const LOCK_WAIT_MS = 15 * 60_000;

const [word, ...args] = process.argv.slice(2);

try {
  await makeReady();
  if (word !== undefined) await run(commandFor(word, args));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** Installs the packages unless they are what package-lock.json says. */
async function makeReady() {
  if (isReady()) return;
  const unlock = await lock();
  try {
    // Another process may have installed them while this one waited.
    if (!isReady()) install();
  } finally {
    unlock();
  }
}

/**
 * Compares versions, not file times: a checkout gives every file a new time, and an install that nobody needs would
 * take node_modules away from under whatever is running. Only the tests need the development packages.
 */
function isReady() {
  const installed = readPackages(path.join(ROOT, 'node_modules', '.package-lock.json'));
  const wanted = readPackages(path.join(ROOT, 'package-lock.json'));
  if (installed === undefined) return false;
  if (wanted === undefined)
    throw new Error('package-lock.json cannot be read. Fix: git checkout package-lock.json');
  const needsDevelopment = word === undefined || word === 'test';
  return (
    nodeForProject() !== undefined &&
    Object.entries(wanted).every(([place, { version, optional, devOptional, dev, link }]) => {
      if (place === '' || optional || devOptional || link || (dev && !needsDevelopment)) return true;
      return installed[place]?.version === version;
    })
  );
}

function readPackages(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** The Node that the packages bring, else this one where it runs TypeScript as it is. */
function nodeForProject() {
  if (fs.existsSync(OWN_NODE)) return OWN_NODE;
  return isAtLeast(22, 18) ? process.execPath : undefined;
}

function isAtLeast(major, minor) {
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** `npm ci`, on a Node that npm can keep while it replaces node_modules. */
function install() {
  console.error('Installing packages (once)…');
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ctg-sync-install-'));
  try {
    const node = nodeForNpm(directory);
    const [command, ...start] = npmCommand(node);
    const result = spawnSync(command, [...start, 'ci', '--include=dev'], {
      cwd: ROOT,
      env: { ...process.env, PATH: path.dirname(node) + path.delimiter + (process.env.PATH ?? '') },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      shell: process.platform === 'win32',
    });
    if (result.status !== 0) throw new Error(installFault(result));
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
  if (nodeForProject() === undefined) {
    throw new Error(
      'The packages are installed, but without their Node 24. Fix: npm rebuild node --ignore-scripts=false, or use Node 22.18 or newer.',
    );
  }
}

function installFault({ error, status, signal, stdout, stderr }) {
  if (error?.code === 'ENOENT')
    return 'npm was not found. Fix: install Node.js 18 or newer with npm, and run this again.';
  const said = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-20).join('\n');
  return `${said}\nThe packages could not be installed (npm ci: ${error?.message ?? signal ?? status}). Fix: see what npm said above, make sure that \`npm ping\` works and that the disk has room, and run this again.`;
}

/**
 * A new Node where there is one, even if only from an earlier install. `npm ci` removes node_modules, and with it a
 * Node that runs from there: such a one is linked aside first.
 */
function nodeForNpm(directory) {
  const node = !isAtLeast(22, 12) && fs.existsSync(OWN_NODE) ? OWN_NODE : process.execPath;
  if (!fs.realpathSync(node).startsWith(path.join(ROOT, 'node_modules') + path.sep)) return node;
  const aside = path.join(directory, path.basename(OWN_NODE));
  try {
    fs.linkSync(fs.realpathSync(node), aside);
  } catch {
    fs.copyFileSync(node, aside);
  }
  return aside;
}

function npmCommand(node) {
  const candidates = [
    process.env.npm_execpath,
    ...(process.env.PATH ?? '').split(path.delimiter).map((directory) => path.join(directory, 'npm')),
    path.join(path.dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ];
  for (const candidate of candidates) {
    if (!candidate || !fs.existsSync(candidate)) continue;
    const script = fs.realpathSync(candidate);
    if (path.basename(script) === 'npm-cli.js') return [node, script];
  }
  return ['npm'];
}

/** One installing process per clone; a lock whose owner is gone is taken over. */
async function lock() {
  const name = createHash('sha256').update(ROOT).digest('hex').slice(0, 16);
  const directory = path.join(os.tmpdir(), `ctg-sync-ready-${os.userInfo().uid}-${name}`);
  const giveUpAt = Date.now() + LOCK_WAIT_MS;
  let told = false;
  while (!takeLock(directory)) {
    if (isStale(directory)) {
      // Moved away first: of two that find it stale, only one can move it.
      const away = `${directory}.${process.pid}`;
      try {
        fs.renameSync(directory, away);
      } catch {
        continue;
      }
      fs.rmSync(away, { recursive: true, force: true });
      continue;
    }
    if (Date.now() > giveUpAt)
      throw new Error(`Another process has been installing for long. Fix: remove ${directory}`);
    if (!told) console.error('Waiting for another process that is installing the packages…');
    told = true;
    await pause(200);
  }
  const unlock = () => fs.rmSync(directory, { recursive: true, force: true });
  return unlock;
}

function takeLock(directory) {
  try {
    fs.mkdirSync(directory);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  fs.writeFileSync(path.join(directory, 'pid'), String(process.pid));
  return true;
}

function isStale(directory) {
  try {
    const pid = Number(fs.readFileSync(path.join(directory, 'pid'), 'utf8'));
    if (pid > 0) return !isAlive(pid);
  } catch {
    // No pid yet: its owner has either just made it, or died in between.
  }
  try {
    return Date.now() - fs.statSync(directory).mtimeMs > 10_000;
  } catch {
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function commandFor(name, rest) {
  const node = nodeForProject();
  if (name === 'test') return [node, path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...rest];
  const quiet = node === OWN_NODE ? [] : ['--disable-warning=ExperimentalWarning'];
  return [node, ...quiet, path.join(ROOT, 'src', 'cli', 'ctg-sync.ts'), name, ...rest];
}

/** Runs it in this terminal, passes signals on, and ends as it ended. */
function run([command, ...rest]) {
  const cwd = word === 'test' ? ROOT : process.cwd();
  const child = spawn(command, rest, { stdio: 'inherit', cwd });
  // A terminal gives Ctrl-C to both; passed on as well, it would count as the second one, which means "at once".
  const passOn = (signal) => {
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, passOn);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, passOn);
      if (signal) process.kill(process.pid, signal);
      else process.exitCode = code ?? 1;
      resolve();
    });
  });
}
