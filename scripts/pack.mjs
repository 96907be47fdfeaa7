// Run by npm around `npm pack` and `npm publish` (prepack, postpack), never by hand.
//
//   node scripts/pack.mjs before    builds dist, and lays the lock file beside it as npm-shrinkwrap.json
//   node scripts/pack.mjs after     takes that away again
//
// npm leaves package-lock.json out of a package. ctg-sync is a program that people run, no library: with the shrinkwrap
// they get the very packages that its tests ran on, whatever has been published since.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SHRINKWRAP = `${ROOT}npm-shrinkwrap.json`;

const [when] = process.argv.slice(2);
if (when === 'before') before();
else if (when === 'after') rmSync(SHRINKWRAP, { force: true });
else {
  console.error('Usage: node scripts/pack.mjs before|after');
  process.exitCode = 2;
}

function before() {
  rmSync(`${ROOT}dist`, { recursive: true, force: true });
  const compiler = `${ROOT}node_modules/typescript/bin/tsc`;
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) {
    console.error(
      'The build failed, so there is nothing to pack. Fix: see above; npm ci, if tsc is missing.',
    );
    process.exitCode = 1;
    return;
  }
  const lock = JSON.parse(readFileSync(`${ROOT}package-lock.json`, 'utf8'));
  writeFileSync(SHRINKWRAP, `${JSON.stringify(forProduction(lock), null, 2)}\n`);
}

/** Without the development packages: whoever installs the program gets none of them. */
function forProduction({ packages, ...lock }) {
  const { devDependencies: _, ...root } = packages[''];
  const needed = Object.entries(packages).filter(([place, { dev }]) => place !== '' && dev !== true);
  return { ...lock, packages: { '': root, ...Object.fromEntries(needed) } };
}
