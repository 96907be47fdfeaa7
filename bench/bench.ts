// npm run bench: measures the agent against the loops that people write, in one run, alternating, as ratios.
import { fork, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { barChart, barOf } from './chart.ts';
import { type Figures, figuresOf, medians } from './figures.ts';
import { goalsOf, type Result } from './goals.ts';
import { type Case, nameOf, type Plan, readPlan } from './plan.ts';
import { type Responder, startResponder } from './responder-client.ts';
import type { Measured, Task } from './run-contender.ts';
import { type Servers, startServers } from './servers.ts';
import { printGoals, printResults } from './table.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const PEERS = new Set(['pg-boss', 'graphile-worker']);

/** Client and stores share one core and the responder has another: what one has to do, the other cannot hide. */
const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0;

const plan = readPlan(process.argv.slice(2));
if (plan) await bench(plan);

async function bench(plan: Plan): Promise<void> {
  if (plan.cases.some(({ contender }) => PEERS.has(contender))) installPeers();
  const responder = await startResponder(canPin ? ['taskset', '-c', '1'] : []);
  // Servers and contenders are children of this process and so inherit its core.
  if (canPin) spawnSync('taskset', ['-a', '-cp', '0', String(process.pid)]);
  else console.error('No taskset, or one core only: client, stores and responder share what there is.');
  const servers = await startServers(new Set(plan.cases.map(({ store }) => store)));
  try {
    const results = await runRounds(plan, servers, responder);
    printResults(results);
    printGoals(goalsOf(results));
    if (plan.output !== undefined) writeResults(plan, results, plan.output);
    if (plan.charts !== undefined) drawCharts(results, plan.charts);
  } finally {
    await servers.stop();
    responder.stop();
  }
}

/** The peers' packages, in bench/node_modules alone. */
function installPeers(): void {
  if (existsSync(`${FOLDER}node_modules/pg-boss`) && existsSync(`${FOLDER}node_modules/graphile-worker`))
    return;
  const args = ['install', '--no-audit', '--no-fund', '--no-package-lock'];
  const { status } = spawnSync('npm', args, { cwd: FOLDER, stdio: 'inherit' });
  if (status !== 0) throw new Error('The peers could not be installed (npm install in bench/).');
}

async function runRounds(plan: Plan, servers: Servers, responder: Responder): Promise<Result[]> {
  const rounds = new Map<Case, Figures[]>(plan.cases.map((each) => [each, []]));
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const each of plan.cases) {
      const figures = await runCase(plan, each, servers, responder);
      rounds.get(each)?.push(figures);
      console.error(`round ${round}: ${nameOf(each)}: ${Math.round(figures.perSecond)}/s`);
    }
  }
  return [...rounds].map(([each, figures]) => ({ case: each, figures: medians(figures) }));
}

async function runCase(plan: Plan, each: Case, servers: Servers, responder: Responder): Promise<Figures> {
  const { drop, ...urls } = await servers.open(each.store);
  await responder.reset({ latencyMs: each.latencyMs, faultRate: each.faultRate });
  const { client, load } = each;
  const task: Task = {
    contender: each.contender,
    stage: { url: responder.url, load, client, concurrency: plan.concurrency, ...urls },
    warmUp: plan.warmUp,
    deliveries: plan.deliveries,
    singles: each.idle ? plan.singles : 0,
  };
  const measured = await runTask(task, responder);
  const report = await responder.report();
  await drop();
  return figuresOf(each, task, measured, report);
}

function runTask(task: Task, responder: Responder): Promise<Measured> {
  const child = fork(`${FOLDER}run-contender.ts`, { execArgv: process.execArgv });
  return new Promise((resolve, reject) => {
    child.on(
      'message',
      (message: { kind: 'await'; count: number } | { kind: 'measured'; measured: Measured }) => {
        if (message.kind === 'measured') resolve(message.measured);
        else responder.reached(message.count).then(() => child.send('reached'), reject);
      },
    );
    child.once('exit', (code) => reject(new Error(`${task.contender} ended with ${code}.`)));
    child.send(task);
  });
}

function writeResults(plan: Plan, results: readonly Result[], file: string): void {
  const { rounds, deliveries, concurrency, warmUp } = plan;
  const about = { node: process.version, at: new Date().toISOString(), pinned: canPin };
  const text = JSON.stringify(
    { about, rounds, deliveries, warmUp, concurrency, results, goals: goalsOf(results) },
    undefined,
    2,
  );
  writeFileSync(file, `${text}\n`);
}

/** The drains of goods without latency and faults, which all contenders have. */
function drawCharts(results: readonly Result[], folder: string): void {
  const drains = results.filter(
    ({ case: { load, latencyMs, faultRate } }) => load === 'goods' && latencyMs === 0 && faultRate === 0,
  );
  mkdirSync(folder, { recursive: true });
  const draw = (file: string, title: string, pick: (figures: Figures) => number | undefined): void => {
    const bars = drains.flatMap(({ case: each, figures }) => {
      const value = pick(figures);
      return value === undefined ? [] : [barOf(each, value)];
    });
    const format = (value: number): string => (value < 10 ? value.toFixed(2) : String(Math.round(value)));
    writeFileSync(`${folder}/${file}.svg`, barChart(title, bars, format));
  };
  draw('drain', 'Deliveries per second', (figures) => figures.perSecond);
  draw(
    'processor',
    'Processor seconds of the client per 1,000 deliveries',
    (figures) => figures.cpuPerThousand,
  );
  draw(
    'idle',
    'From the commit to the platform while idle, median in milliseconds',
    (figures) => figures.idleP50Ms,
  );
}
