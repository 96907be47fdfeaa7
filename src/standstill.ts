import { url as debuggerUrl } from 'node:inspector';
import { Worker } from 'node:worker_threads';

/** What runs in the thread that watches: CommonJS in a text, so that it needs no file of its own beside the built ones. */
const WATCHER = `
const { workerData } = require('node:worker_threads');
const beats = new Int32Array(workerData.memory);
let last = -1;
let still = 0;
setInterval(() => {
  const now = Atomics.load(beats, 0);
  still = now === last ? still + 1 : 0;
  last = now;
  if (still < workerData.seconds) return;
  const words = 'The agent has stood still for ' + still + ' s and is ended, so that another one can take over.\\n';
  require('node:fs').writeSync(2, words);
  process.kill(process.pid, 'SIGKILL');
}, 1000);
`;

/**
 * Ends this process when it has stood still for `seconds`: a thread of its own counts, each second, whether the rest of the
 * process still does anything. The embedded store needs it: when the disk is so full that PostgreSQL's log cannot be
 * written, PGlite never gives the thread back, not even when there is room again; only a new process can go on. What a
 * stopped process misses is not counted, since the watching thread is stopped with it. Not under a debugger.
 */
export function endOnStandstill(seconds: number): void {
  if (debuggerUrl() !== undefined) return;
  const memory = new SharedArrayBuffer(4);
  const beats = new Int32Array(memory);
  setInterval(() => Atomics.add(beats, 0, 1), 500).unref();
  new Worker(WATCHER, { eval: true, workerData: { memory, seconds } }).unref();
}
