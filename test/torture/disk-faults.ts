import type { Fault } from './faults.ts';

/** The disk under the embedded store. */
export const diskFaults: readonly Fault[] = [
  {
    name: 'disk: full, then freed',
    needs: 'embedded store',
    make: async ({ disk }, _actor, trouble) => {
      if (!disk) return;
      const filling = disk.fill();
      await trouble.lasts();
      filling.free();
    },
  },
];
