// Runs dependency-cruiser on src by the rules in .dependency-cruiser.cjs, after it has shown, on a small tree with
// planted violations, that it sees them: without a parser for TypeScript it would call everything fine.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CRUISER = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');

/** The rule that must speak, and the import that breaks it. */
const PLANTED = [
  ['config-imports-only-itself', 'src/config/a.ts', `import { target } from '../erp/target.ts';`],
  ['mappers-imports-only-config', 'src/mappers/a.ts', `import type { Target } from '../jobs/target.ts';`],
  ['mappers-do-no-io', 'src/mappers/b.ts', `import { readFileSync } from 'node:fs';`],
  ['mappers-do-no-io', 'src/mappers/c.ts', `import got from 'got';`],
  ['platform-imports-only-mappers-config', 'src/platform/a.ts', `export { target } from '../erp/target.ts';`],
  ['erp-imports-only-mappers-config', 'src/erp/a.ts', `import { target } from '../ledger/target.ts';`],
  [
    'ledger-imports-only-erp-platform-mappers-config',
    'src/ledger/a.ts',
    `await import('../jobs/target.ts');`,
  ],
  ['jobs-imports-only-ledger-erp-platform-mappers-config', 'src/jobs/a.ts', `import '../admin/target.ts';`],
  ['admin-imports-only-jobs-ledger-erp-platform-mappers-config', 'src/admin/a.ts', `import '../agent.ts';`],
  [
    'agent-imports-only-jobs-admin-ledger-erp-platform-mappers-config',
    'src/agent.ts',
    `import './cli/target.ts';`,
  ],
  ['sandbox-imports-only-itself', 'src/sandbox/a.ts', `import '../config/target.ts';`],
  ['demo-imports-only-agent-sandbox-erp-config', 'src/demo/a.ts', `import '../jobs/target.ts';`],
  ['sandbox-only-from-cli-and-demo', 'src/main.ts', `import './sandbox/target.ts';`],
  ['demo-only-from-cli', 'src/main.ts', `import './demo/target.ts';`],
  ['nothing-imports-main', 'src/jobs/b.ts', `import '../main.ts';`],
  ['src-imports-only-src-and-packages', 'src/cli/a.ts', `import '../../test/target.ts';`],
  ['no-development-packages', 'src/cli/a.ts', `import 'vitest';`],
  ['no-unresolvable', 'src/cli/a.ts', `import './nowhere.ts';`],
  [
    'no-unresolvable',
    'src/cli/c.ts',
    `export async function f() { await using g = await import('./nowhere.ts'); }`,
  ],
  ['no-circular', 'src/cli/a.ts', `import './target.ts';`],
  ['no-orphans', 'src/erp/alone.ts', 'export const alone = 1;'],
];

const unseen = violationsThatGoUnseen();
if (unseen.length > 0) {
  console.error(
    'dependency-cruiser does not see violations that were planted for it (is @swc/core installed?):',
  );
  for (const [rule, file] of unseen) console.error(`  ${rule}: ${file}`);
  process.exitCode = 1;
} else {
  console.log(`${PLANTED.length} planted violations are seen.`);
  const { violations, count } = cruise(ROOT);
  for (const { rule, from, to, comment } of violations)
    console.error(`${rule}: ${from} → ${to}  (${comment})`);
  console.log(`${count} modules, ${violations.length} violations.`);
  if (violations.length > 0 || count === 0) process.exitCode = 1;
}

function violationsThatGoUnseen() {
  const directory = mkdtempSync(join(tmpdir(), 'ctg-imports-'));
  try {
    plant(directory);
    const { violations } = cruise(directory);
    return PLANTED.filter(
      ([rule, file]) => !violations.some((one) => one.rule === rule && one.from === file),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function plant(directory) {
  for (const file of ['.dependency-cruiser.cjs', 'package.json'])
    copyFileSync(join(ROOT, file), join(directory, file));
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  const parts = ['config', 'mappers', 'erp', 'ledger', 'jobs', 'admin', 'cli', 'sandbox', 'demo'];
  const targets = [...parts.map((part) => `src/${part}`), 'test'].map((folder) => `${folder}/target.ts`);
  const content = new Map(
    targets.map((file) => [file, 'export const target = 1;\nexport type Target = 1;\n']),
  );
  content.set('src/cli/target.ts', `import './a.ts';\n`);
  for (const [, file, line] of PLANTED) content.set(file, `${content.get(file) ?? ''}${line}\n`);
  for (const [file, text] of content) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), text);
  }
}

function cruise(directory) {
  const { stdout, stderr, error } = spawnSync(process.execPath, [CRUISER, 'src', '--output-type', 'json'], {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error || !stdout?.startsWith('{'))
    throw new Error(`dependency-cruiser did not run: ${error ?? stderr}`);
  const { modules, summary } = JSON.parse(stdout);
  const comments = new Map(summary.ruleSetUsed.forbidden.map(({ name, comment }) => [name, comment ?? name]));
  const violations = summary.violations.map(({ rule, from, to }) => ({
    rule: rule.name,
    from,
    to,
    comment: comments.get(rule.name),
  }));
  return { violations, count: modules.filter(({ source }) => source.startsWith('src/')).length };
}
