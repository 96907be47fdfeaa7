import { RateLimiterMemory } from 'rate-limiter-flexible';

/** Wrong tokens of one address within a minute, after which it has to wait. */
const MOST_A_MINUTE = 10;
const WINDOW_SECONDS = 60;

/** How often each address has sent a wrong token lately. */
export type FailedTokens = {
  /** Seconds for which this address is not listened to, with a right token neither; 0 when it is. */
  waitSeconds(address: string): Promise<number>;
  add(address: string): Promise<void>;
};

/** Counts wrong tokens, in memory: a restart forgets them, which takes longer than the wait. */
export function createFailedTokens(): FailedTokens {
  const limiter = new RateLimiterMemory({ points: MOST_A_MINUTE, duration: WINDOW_SECONDS });
  return {
    waitSeconds: async (address) => {
      const state = await limiter.get(address);
      if (!state || state.consumedPoints < MOST_A_MINUTE) return 0;
      return Math.max(1, Math.ceil(state.msBeforeNext / 1000));
    },
    add: async (address) => {
      await limiter.penalty(address);
    },
  };
}
