// Checks the Dockerfile without a container engine: its facts by reading it; with --run also its steps, by doing in
// temporary folders what they say (copies, npm ci, the build), up to the program's --version from the finished image.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BASE_IMAGE = 'node:24-slim';

/** Instructions of which only the last one counts. */
const ONCE = ['ENTRYPOINT', 'CMD', 'HEALTHCHECK', 'USER', 'STOPSIGNAL'];
const SECRET = /\b\w*(PASSWORD|TOKEN|SECRET|CTG_SEC)\w*=/;

/** The steps that are known to be right, and what each is here. `root` is the stage's file system, `cwd` its WORKDIR in it. */
const KNOWN_STEPS = {
  'npm ci': ({ cwd }) => npm(cwd, 'ci'),
  'npm ci --omit=dev --omit=optional': ({ cwd }) => npm(cwd, 'ci', '--omit=dev', '--omit=optional'),
  'npm run build': ({ cwd }) => npm(cwd, 'run', 'build'),
  'install -d -o node -g node /data': ({ root }) => mkdirSync(join(root, 'data')),
};

const stages = readStages(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
const faults = findFaults(stages);
for (const fault of faults) console.error(`Dockerfile: ${fault}`);
if (faults.length > 0) process.exitCode = 1;
else if (process.argv.includes('--run')) runStages(stages);

/** A stage: its image, its name and its instructions, each `{ word, flags, text }`. */
function readStages(text) {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  const instructions = lines
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(readInstruction);
  const found = [];
  for (const instruction of instructions) {
    if (instruction.word === 'FROM') {
      const [image, , name] = instruction.text.split(/\s+/);
      found.push({ image, name, instructions: [] });
    } else found.at(-1)?.instructions.push(instruction);
  }
  return found;
}

function readInstruction(line) {
  const [, word, flags, text] = /^(\S+)\s+((?:--\S+\s+)*)(.*)$/.exec(line) ?? [];
  return {
    word,
    flags: flags?.trim().split(/\s+/).filter(Boolean) ?? [],
    text: text?.replace(/\s+/g, ' ') ?? '',
  };
}

function findFaults(all) {
  const last = all.at(-1);
  if (last === undefined) return ['has no FROM'];
  const environment = Object.fromEntries(texts(last, 'ENV').flatMap((text) => text.split(' ').map(pairOf)));
  const entrypoint = execForm(texts(last, 'ENTRYPOINT').at(-1));
  const expectations = [
    [all.length > 1, 'has one stage; the compiler would be in the image'],
    [all.every(({ image }) => image === BASE_IMAGE), `starts from another image than ${BASE_IMAGE}`],
    [!['', 'root', '0'].includes(texts(last, 'USER').at(-1)?.split(':')[0] ?? ''), 'runs as root'],
    [
      entrypoint?.join(' ') === 'node dist/cli/ctg-sync.js',
      'has another ENTRYPOINT, or not in exec form (no signal would arrive)',
    ],
    [execForm(texts(last, 'CMD').at(-1))?.join(' ') === 'start', 'has another CMD than ["start"]'],
    [
      healthcheckIsSound(texts(last, 'HEALTHCHECK').at(-1)),
      'has no HEALTHCHECK in exec form that asks /healthz',
    ],
    [texts(last, 'STOPSIGNAL').at(-1) === 'SIGTERM', 'has another STOPSIGNAL than SIGTERM'],
    [texts(last, 'EXPOSE').includes('3000'), 'does not EXPOSE 3000'],
    [texts(last, 'VOLUME').join().includes('/data'), 'has no volume /data'],
    [environment.NODE_ENV === 'production', 'does not set NODE_ENV=production'],
    [environment.DATA_DIR === '/data', 'does not set DATA_DIR=/data'],
    [environment.HTTP_HOST === '0.0.0.0', 'does not set HTTP_HOST=0.0.0.0'],
    [
      ONCE.every((word) => texts(last, word).length <= 1),
      `has more than one of ${ONCE.join(', ')}; all but the last are without effect`,
    ],
    [
      all.flatMap((stage) => texts(stage, 'WORKDIR')).every((path) => path.startsWith('/')),
      'has a WORKDIR that depends on the one before it',
    ],
    [
      ![...texts(last, 'ENV'), ...texts(last, 'ARG')].some((text) => SECRET.test(text)),
      'sets a secret, which everybody who has the image can read',
    ],
  ];
  const steps = all
    .flatMap((stage) => texts(stage, 'RUN'))
    .filter((step) => !Object.hasOwn(KNOWN_STEPS, step));
  return [
    ...expectations.filter(([holds]) => !holds).map(([, fault]) => fault),
    ...steps.map((step) => `has a RUN that this check does not know: ${step}`),
    ...all.flatMap(({ instructions }, index) =>
      instructions.flatMap((one) => copyFaults(one, all.slice(0, index))),
    ),
  ];
}

function texts(stage, word) {
  return stage.instructions.filter((one) => one.word === word).map((one) => one.text);
}

function pairOf(text) {
  const [name, ...value] = text.split('=');
  return [name, value.join('=')];
}

function execForm(text) {
  try {
    const parsed = JSON.parse(text ?? '');
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function healthcheckIsSound(text) {
  const command = execForm(/CMD (.*)$/.exec(text ?? '')?.[1]);
  return command?.[0] === 'node' && command.join(' ').includes('/healthz');
}

function copyFaults({ word, flags, text }, earlier) {
  if (word === 'ADD') return ['uses ADD; COPY does what it says'];
  if (word !== 'COPY') return [];
  const from = stageOf(flags);
  if (from !== undefined) {
    return earlier.some(({ name }) => name === from)
      ? []
      : [`copies from a stage that is not before it: ${from}`];
  }
  return sourcesOf(text).flatMap((source) => {
    if (source === '.') return ['copies everything; what the image needs is named'];
    if (!existsSync(join(ROOT, source))) return [`copies ${source}, which does not exist`];
    return isIgnored(source) ? [`copies ${source}, which .dockerignore leaves out`] : [];
  });
}

function stageOf(flags) {
  return flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length);
}

function sourcesOf(text) {
  return text.split(' ').slice(0, -1);
}

/** As Docker reads .dockerignore: the last pattern that matches the path, or a folder above it, decides. */
function isIgnored(path) {
  const patterns = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const deciding = patterns.findLast((pattern) =>
    matches(path, pattern.replace(/^!/, '').replace(/^\/|\/$/g, '')),
  );
  return deciding !== undefined && !deciding.startsWith('!');
}

function matches(path, pattern) {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/?|\*|\?/g, (wild) => (wild === '*' ? '[^/]*' : wild === '?' ? '[^/]' : '.*'));
  return new RegExp(`^${expression}(/.*)?$`).test(path);
}

function runStages(all) {
  const directory = mkdtempSync(join(tmpdir(), 'ctg-image-'));
  try {
    const roots = new Map();
    for (const [index, stage] of all.entries()) {
      const root = join(directory, String(index));
      mkdirSync(root);
      if (stage.name !== undefined) roots.set(stage.name, root);
      runStage(stage, root, roots);
    }
    startImage(all.at(-1), join(directory, String(all.length - 1)));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function runStage(stage, root, roots) {
  for (const { word, flags, text } of stage.instructions) {
    if (['WORKDIR', 'COPY', 'RUN'].includes(word))
      console.log(`${stage.name ?? 'image'}: ${word} ${[...flags, text].join(' ')}`);
    const cwd = workingDirectory(stage, root);
    if (word === 'WORKDIR') mkdirSync(cwd, { recursive: true });
    if (word === 'COPY') copy({ from: roots.get(stageOf(flags)), text, cwd });
    if (word === 'RUN') KNOWN_STEPS[text]({ root, cwd });
  }
}

function workingDirectory(stage, root) {
  return join(root, texts(stage, 'WORKDIR').at(-1) ?? '/');
}

function copy({ from, text, cwd }) {
  const target = text.split(' ').at(-1);
  for (const source of sourcesOf(text)) {
    const origin = from === undefined ? join(ROOT, source) : join(from, source);
    const destination = join(cwd, target, target.endsWith('/') ? basename(source) : '');
    mkdirSync(dirname(destination), { recursive: true });
    cpSync(origin, destination, { recursive: true, verbatimSymlinks: true });
  }
}

/** The finished image holds what it needs, nothing of the development packages, and starts. */
function startImage(stage, root) {
  const cwd = workingDirectory(stage, root);
  if (existsSync(join(cwd, 'node_modules', 'typescript')))
    throw new Error('the image has development packages');
  const [, ...args] = execForm(texts(stage, 'ENTRYPOINT').at(-1));
  const files = globSync('**/*', { cwd: join(cwd, 'dist') }).length;
  console.log(`image: ${files} files in dist; node ${args.join(' ')} --version`);
  run(process.execPath, [...args, '--version'], {
    cwd,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', DATA_DIR: join(root, 'data') },
  });
}

function npm(cwd, ...args) {
  // This Node's folder first: npm's own scripts then run on it, as they do in the image.
  run('npm', args, {
    cwd,
    env: { ...process.env, PATH: dirname(process.execPath) + delimiter + process.env.PATH },
  });
}

function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? `exit code ${status}`}`);
}
