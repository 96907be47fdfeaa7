// Run by npm around `npm pack` and `npm publish` (prepack, postpack), never by hand.
//
//   node scripts/pack.mjs before    clears dist, for the build that follows, and makes npm-shrinkwrap.json of the lock file
//   node scripts/pack.mjs after     takes that away again
//
// npm leaves package-lock.json out of a package. ctg-sync is a program that people run, no library: with the shrinkwrap
// they get the very packages that its tests ran on, whatever has been published since.
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
  const lock = JSON.parse(readFileSync(`${ROOT}package-lock.json`, 'utf8'));
  writeFileSync(SHRINKWRAP, `${JSON.stringify(forProduction(lock), null, 2)}\n`);
}

/** Without the development packages: whoever installs the program gets none of them. */
function forProduction({ packages, ...lock }) {
  const { devDependencies: _, ...root } = packages[''];
  const needed = Object.entries(packages).filter(([place, { dev }]) => place !== '' && dev !== true);
  return { ...lock, packages: { '': root, ...Object.fromEntries(needed) } };
}
