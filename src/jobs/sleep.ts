/** The pauses of a loop, which a word from outside ends. */
export type Sleep = {
  /** A round begins: what is said from now on counts for the pause after it. */
  begin(): void;
  /** Pauses, unless something was said since {@link Sleep.begin}, or the loop is to end. */
  pause(milliseconds: number): Promise<void>;
  /** Pauses whatever is said meanwhile, unless the loop is to end. */
  rest(milliseconds: number): Promise<void>;
  wake(): void;
  /** Ends the pause, and every later one at once. */
  stop(): void;
  stopped(): boolean;
};

/** The pauses of one loop. It begins awake. */
export function createSleep(): Sleep {
  let woken = true;
  let stopped = false;
  let wakeUp: (() => void) | undefined;
  let isDeaf = false;
  const pause = async (milliseconds: number): Promise<void> => {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    wakeUp = undefined;
  };
  return {
    begin: () => {
      woken = false;
    },
    pause: async (milliseconds) => {
      if (!woken && !stopped) await pause(milliseconds);
    },
    rest: async (milliseconds) => {
      isDeaf = true;
      if (!stopped) await pause(milliseconds);
      isDeaf = false;
    },
    wake: () => {
      woken = true;
      if (!isDeaf) wakeUp?.();
    },
    stop: () => {
      stopped = true;
      wakeUp?.();
    },
    stopped: () => stopped,
  };
}
