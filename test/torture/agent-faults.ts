import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from './faults.ts';

const HOUR_MS = 3_600_000;

const deaths: readonly Fault[] = [
  {
    name: 'agent: kill -9',
    needs: 'nothing',
    blindsWithinMs: 1_000,
    make: async (_stage, { agent }) => agent.kill(),
  },
  {
    name: 'agent: kill -9, four times in a row',
    needs: 'nothing',
    make: async (_stage, { agent }, { lastsMs }) => {
      for (let turn = 0; turn < 4; turn++) {
        agent.kill();
        await pause(lastsMs / 4);
      }
    },
  },
  {
    name: 'agent: SIGTERM in the middle',
    needs: 'nothing',
    make: async (_stage, { agent }) => agent.terminate(),
  },
  {
    name: 'agent: frozen, then thawed',
    needs: 'several agents',
    make: async (_stage, { agent }, trouble) => {
      agent.freeze();
      await trouble.lasts();
      agent.thaw();
    },
  },
  {
    name: 'agent: frozen until another may take over, then thawed',
    needs: 'several agents',
    make: async (_stage, { agent }) => {
      agent.freeze();
      await pause(12_000);
      agent.thaw();
    },
  },
];

/** The agent's clock; in the embedded store that of the database too. A server keeps its own. */
const clocks: readonly Fault[] = [
  { name: 'clock: set back an hour, then right', steps: [-HOUR_MS] },
  { name: 'clock: set forward an hour, then right', steps: [HOUR_MS] },
  { name: 'clock: set back 40 s, forward 40 s, then right', steps: [-40_000, 40_000] },
].map(({ name, steps }) => ({
  name,
  needs: 'nothing',
  make: async (_stage, { agent }, { lastsMs }) => {
    for (const fromTrueMs of steps) {
      agent.setClock(fromTrueMs);
      await pause(lastsMs / steps.length);
    }
    agent.setClock(0);
  },
}));

/** What befalls an agent itself. */
export const agentFaults: readonly Fault[] = [...deaths, ...clocks];
