/** The pauses of a loop, which a word from outside ends. */
export type Sleep = {
  /** A round begins: what is said from now on counts for the pause after it. */
  begin(): void;
  /** Pauses, unless something was said since {@link Sleep.begin}, or the loop is to end. */
  pause(milliseconds: number): Promise<void>;
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
  return {
    begin: () => {
      woken = false;
    },
    pause: async (milliseconds) => {
      if (woken || stopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wakeUp = undefined;
    },
    wake: () => {
      woken = true;
      wakeUp?.();
    },
    stop: () => {
      stopped = true;
      wakeUp?.();
    },
    stopped: () => stopped,
  };
}
