// Run by npm around `npm pack` and `npm publish` (prepack, postpack), never by hand.
//
//   node scripts/pack.mjs clean     clears dist, for the build that follows
//   node scripts/pack.mjs before    makes npm-shrinkwrap.json of the lock file, and takes the development packages out of
//                                   package.json, which `npm ci` would miss in it
//   node scripts/pack.mjs after     takes both back
//
// npm leaves package-lock.json out of a package. ctg-sync is a program that people run, no library: with `npm ci` in the
// unpacked package they get the very packages that its tests ran on, whatever has been published since.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SHRINKWRAP = `${ROOT}npm-shrinkwrap.json`;
const OWN = `${ROOT}package.json`;
/** The package.json as it is in the tree, while the packed one stands in its place. */
const KEPT = `${ROOT}node_modules/.cache/ctg-sync/package.json`;

const steps = { clean, before, after };
const [when = ''] = process.argv.slice(2);
if (Object.hasOwn(steps, when)) steps[when]();
else {
  console.error('Usage: node scripts/pack.mjs clean|before|after');
  process.exitCode = 2;
}

function clean() {
  rmSync(`${ROOT}dist`, { recursive: true, force: true });
}

function before() {
  const lock = JSON.parse(readFileSync(`${ROOT}package-lock.json`, 'utf8'));
  const { devDependencies, ...own } = JSON.parse(readFileSync(OWN, 'utf8'));
  writeFileSync(SHRINKWRAP, `${JSON.stringify(forProduction(lock), null, 2)}\n`);
  // Without them it is the packed one already: an earlier run did not come to its end.
  if (devDependencies === undefined) return;
  mkdirSync(new URL('.', `file://${KEPT}`), { recursive: true });
  copyFileSync(OWN, KEPT);
  writeFileSync(OWN, `${JSON.stringify(own, null, 2)}\n`);
}

function after() {
  rmSync(SHRINKWRAP, { force: true });
  if (!existsSync(KEPT)) return;
  copyFileSync(KEPT, OWN);
  rmSync(KEPT);
}

/** Without the development packages: whoever installs the program gets none of them. */
function forProduction({ packages, ...lock }) {
  const { devDependencies: _, ...root } = packages[''];
  const needed = Object.entries(packages).filter(([place, { dev }]) => place !== '' && dev !== true);
  return { ...lock, packages: { '': root, ...Object.fromEntries(needed) } };
}
