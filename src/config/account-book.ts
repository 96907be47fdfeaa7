import type { Account, Accounts } from './accounts.ts';

/** The accounts as they are now: their secrets may be changed while the agent runs. */
export type AccountBook = {
  /** Always the present state; hand this one on. */
  readonly accounts: Accounts;
  /** Takes over newly read accounts, and gives the ids of those that are new or have other credentials. */
  replace(next: Accounts): readonly string[];
};

/** A book that begins with `initial`. */
export function createAccountBook(initial: Accounts): AccountBook {
  const accounts = new Map(initial);
  return {
    accounts,
    replace: (next) => {
      const changed = [...next.values()].filter((account) => !isSame(accounts.get(account.id), account));
      accounts.clear();
      for (const account of next.values()) accounts.set(account.id, account);
      return changed.map((account) => account.id);
    },
  };
}

function isSame(before: Account | undefined, after: Account): boolean {
  return (
    before !== undefined &&
    before.username === after.username &&
    before.password.reveal() === after.password.reveal() &&
    before.sec.reveal() === after.sec.reveal()
  );
}
