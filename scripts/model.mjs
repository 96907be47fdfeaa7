// Plays the model of the ledger by hand: npm run model -- [--runs 5000] [--seed 7]. The same seed plays the same sequences.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5000' }, seed: { type: 'string' } },
});
const seed = values.seed ?? String(Date.now() % 2 ** 31);
console.log(`${values.runs} runs with the seed ${seed}`);
// The model has a store of its own, and needs no servers.
const env = { ...process.env, MODEL_RUNS: values.runs, MODEL_SEED: seed, TEST_SERVICES: 'none' };
const vitest = new URL('../node_modules/vitest/vitest.mjs', import.meta.url).pathname;
const args = [vitest, 'run', 'test/crash-points/model.test.ts'];
spawn(process.execPath, args, { env, stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1));
