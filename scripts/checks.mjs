// Everything that is checked beside the tests, each with its time; all of it runs, and the summary names what failed.
//
//   npm run check                    all of it
//   npm run check -- types import    those whose names contain one of these words
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, rmSync } from 'node:fs';

const ROOT = new URL('..', import.meta.url).pathname;
const COMMAND_LINE = 'cli/ctg-sync';

const generators = globSync('scripts/generate-*.ts', { cwd: ROOT }).sort();

/** Each gives whether it passed. Programs are started by their files, so that all run on this Node. */
const checks = [
  ['format and lint', () => program('@biomejs/biome/bin/biome', 'ci', '.')],
  ['types', () => program('typescript/bin/tsc', '--noEmit')],
  ['imports', () => node('scripts/check-imports.mjs')],
  ['dead code', () => program('knip/bin/knip.js', '--no-progress')],
  ['text', () => node('scripts/check-text.mjs')],
  ['build', build],
  ...generators.map((script) => [
    `generated: ${script.replace(/^.*generate-|\.ts$/g, '')}`,
    () => node(script, '--check'),
  ]),
  ['Dockerfile', () => node('scripts/check-dockerfile.mjs')],
];

const words = process.argv.slice(2).map((word) => word.toLowerCase());
const chosen = checks.filter(
  ([name]) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word)),
);
const failed = chosen.filter(([name, check]) => !passes(name, check)).map(([name]) => name);

console.log(
  failed.length === 0 ? `\nAll ${chosen.length} checks are fine.` : `\nFAILED checks: ${failed.join(', ')}`,
);
process.exitCode = failed.length === 0 && chosen.length > 0 ? 0 : 1;

function passes(name, check) {
  console.log(`\n── ${name}`);
  const startedAt = performance.now();
  const passed = check();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${passed ? 'ok' : 'FAILED'}: ${name} (${seconds} s)`);
  return passed;
}

/** What the image would run: built, and able to say its version. */
function build() {
  rmSync(`${ROOT}dist`, { recursive: true, force: true });
  if (spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' }).status !== 0)
    return false;
  if (!existsSync(`${ROOT}dist/admin/console/assets/console.css`)) return false;
  return !existsSync(`${ROOT}src/${COMMAND_LINE}.ts`) || node(`dist/${COMMAND_LINE}.js`, '--version');
}

function program(file, ...args) {
  return node(`node_modules/${file}`, ...args);
}

function node(...args) {
  return (
    spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
  );
}
