import { type Part, whileCablesAre } from './cables.ts';
import type { Fault } from './faults.ts';

/** A part that cannot be reached is noticed at once, one that is silent after three seconds. */
const NOTICED_WITHIN_MS = 5_000;

const PARTS: readonly { readonly part: Part; readonly words: string; readonly needs: Fault['needs'] }[] = [
  { part: 'platform', words: 'platform', needs: 'nothing' },
  { part: 'database', words: 'database', needs: 'server' },
  { part: 'redis', words: 'Redis', needs: 'redis' },
];

/** One agent's network: each part, both ways of being cut off, and everything at once. */
export const networkFaults: readonly Fault[] = [
  ...PARTS.flatMap(({ part, words, needs }): Fault[] => {
    // The platform is not what an agent needs to be ready: it waits for it.
    const blinds = part === 'platform' ? {} : { blindsWithinMs: NOTICED_WITHIN_MS };
    return [
      {
        name: `network: agent and ${words} parted`,
        needs,
        ...blinds,
        make: (_stage, actor, trouble) => whileCablesAre('cut', [actor], [part], trouble),
      },
      {
        name: `network: swallows what agent and ${words} say`,
        needs,
        ...blinds,
        make: (_stage, actor, trouble) => whileCablesAre('swallowing', [actor], [part], trouble),
      },
    ];
  }),
  {
    name: 'network: agent cut off from everything',
    needs: 'server',
    blindsWithinMs: NOTICED_WITHIN_MS,
    make: (_stage, actor, trouble) =>
      whileCablesAre('cut', [actor], ['platform', 'database', 'redis'], trouble),
  },
];
