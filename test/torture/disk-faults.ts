import type { Fault } from './faults.ts';

/** The disk under the embedded store. */
export const diskFaults: readonly Fault[] = [
  {
    name: 'disk: full, then freed',
    needs: 'embedded store',
    make: async ({ disk }, { agent }, trouble) => {
      if (!disk) return;
      // Without room for its log the embedded store stands still, and the agent ends itself.
      agent.mayEnd();
      const filling = disk.fill();
      await trouble.lasts();
      filling.free();
    },
  },
];
