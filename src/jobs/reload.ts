import type { Accounts } from '../config/accounts.ts';
import type { Logger } from '../config/logger.ts';

/** What reading the accounts again works with. */
export type ReloadContext = {
  /** Reads settings, secrets and the accounts file anew. Throws when they are faulty. */
  readonly read: () => Accounts;
  readonly replace: (accounts: Accounts) => Promise<void>;
  readonly logger: Logger;
};

/** Secrets that a platform mounts as files change without a word; a look at a few small files costs nothing. */
const LOOK_MS = 10_000;

/**
 * Reads the accounts again every few seconds and whenever `reload` is called (SIGHUP), so that a changed secret counts
 * without a restart. Faulty files change nothing: the accounts stay as they were, and the fault is logged once.
 */
export function startReloading({ read, replace, logger }: ReloadContext): {
  reload: () => Promise<void>;
  stop: () => void;
} {
  let lastFault: string | undefined;
  const reload = async (): Promise<void> => {
    try {
      await replace(read());
      lastFault = undefined;
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      if (fault !== lastFault)
        logger.error({ error: fault }, 'accounts could not be read again; the known ones stay');
      lastFault = fault;
    }
  };
  const timer = setInterval(() => void reload(), LOOK_MS);
  timer.unref();
  return { reload, stop: () => clearInterval(timer) };
}
