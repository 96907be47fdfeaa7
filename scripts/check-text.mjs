// What no linter here checks: plain text that must not be in the project's files.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Put together here, since this file is searched as well. */
const REGISTRY_HOSTS = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['registry', 'npm' + 'mirror', 'com'],
  ['npm', 'pkg', 'github', 'com'],
  ['deb', 'debian', 'org'],
  ['security', 'debian', 'org'],
  ['pypi', 'org'],
  ['files', 'pythonhosted', 'org'],
  ['proxy', 'golang', 'org'],
  ['crates', 'io'],
  ['repo', 'maven', 'apache', 'org'],
].map((labels) => labels.join('\\.'));

const RULES = [
  {
    fault: 'names a package registry; people have their own, and the lock file works with each',
    files: /./,
    text: new RegExp(`\\b(${REGISTRY_HOSTS.join('|')})\\b`, 'i'),
  },
  {
    fault:
      'reads the environment; only src/config does, so that every setting is checked and documented once',
    files: /^src\/(?!config\/).*\.ts$/,
    text: /\bprocess\.env\b|\benv\b.*from 'node:process'/,
  },
  {
    fault: "names a type by import('…'), which the check of imports cannot see; write import type",
    files: /^src\/.*\.ts$/,
    text: /[:|&<,]\s*import\(|\btypeof import\(|\btype \w+ = import\(/,
  },
];

const faults = projectFiles().flatMap(faultsIn);
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;

/** What git has, or would take: new files are checked before they are committed. */
function projectFiles() {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return [...new Set(list.split('\0'))].filter(
    (file) => file && statSync(ROOT + file, { throwIfNoEntry: false })?.isFile(),
  );
}

function faultsIn(file) {
  const rules = RULES.filter((rule) => rule.files.test(file));
  return readFileSync(ROOT + file, 'utf8')
    .split('\n')
    .flatMap((line, index) =>
      rules.filter(({ text }) => text.test(line)).map(({ fault }) => `${file}:${index + 1} ${fault}`),
    );
}
