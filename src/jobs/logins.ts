import type { Logger } from 'pino';
import type { Accounts } from '../config/accounts.ts';
import type { Database } from '../erp/database.ts';
import { type AccountState, readAccountStates, writeAccountState } from '../ledger/account-states.ts';
import { login } from '../mappers/login.ts';
import { isObject, readText } from '../mappers/replies.ts';
import { backoffMs } from '../platform/backoff.ts';
import type { Gateway } from '../platform/gateway.ts';

/** What is known of the accounts, and what is done about a refused one. */
export type Logins = {
  /** Why this account's sends are stopped at present, if they are. */
  refusal(account: string): string | undefined;
  refused(): readonly string[];
  /** The company behind an account: configured, else as the log-in told. */
  companyOf(account: string): string | undefined;
  /** Stops an account's sends at once, because the platform refused its credentials. */
  refuse(account: string, message: string): Promise<void>;
  /** Logs refused accounts in again, gently, and those that are not known yet. Told when one works again. */
  check(): Promise<void>;
  /** Forgets what is known of an account's log-in, because its credentials changed, and tries them. */
  renew(account: string): Promise<void>;
  states(): readonly AccountState[];
  load(): Promise<void>;
};

/** What the log-ins work with. */
export type LoginsContext = {
  readonly accounts: Accounts;
  readonly database: Database;
  readonly gateway: Gateway;
  readonly logger: Logger;
  readonly onAccepted: (account: string) => void;
};

/** The gentlest pace of retried log-ins: an account must not be locked by them. */
const LOGIN_CAP_MS = 10 * 60_000;
const LOGIN_BASE_MS = 5_000;

type Retry = { attempt: number; notBefore: number };

/** Watches the log-ins of all accounts. */
export function createLogins(context: LoginsContext): Logins {
  const states = new Map<string, AccountState>();
  const retries = new Map<string, Retry>();
  const keep = async (
    state: Omit<AccountState, 'checkedAt' | 'profile'> & { profile?: Record<string, unknown> },
  ): Promise<void> => {
    const profile = state.profile ?? states.get(state.account)?.profile ?? {};
    states.set(state.account, { ...state, profile, checkedAt: new Date() });
    await writeAccountState(context.database, state);
  };
  const refuse = async (account: string, message: string): Promise<void> => {
    const attempt = (retries.get(account)?.attempt ?? 0) + 1;
    const waitMs =
      LOGIN_BASE_MS / 2 +
      backoffMs({ attempt, baseMs: LOGIN_BASE_MS, capMs: LOGIN_CAP_MS, random: Math.random });
    retries.set(account, { attempt, notBefore: performance.now() + waitMs });
    context.logger.error({ account, message, retryInMs: Math.round(waitMs) }, 'login refused');
    await keep({ account, login: 'refused', message });
  };
  const attempt = async (id: string): Promise<void> => {
    const account = context.accounts.get(id);
    if (!account) return;
    const { outcome } = await context.gateway.send({ endpoint: login, account, body: {} });
    if (outcome.kind === 'login-refused') return refuse(id, outcome.message);
    // Other words of refusal from the log-in itself mean the same: these credentials do not work.
    if (outcome.kind === 'rejected') return refuse(id, outcome.message);
    if (outcome.kind !== 'accepted') return;
    const wasRefused = states.get(id)?.login === 'refused';
    retries.delete(id);
    await keep({
      account: id,
      login: 'accepted',
      message: undefined,
      profile: isObject(outcome.reply.data) ? { ...outcome.reply.data } : {},
    });
    if (wasRefused) context.logger.info({ account: id }, 'login works again');
    context.onAccepted(id);
  };
  const isDue = (id: string): boolean => {
    const login = states.get(id)?.login ?? 'unknown';
    return (
      login === 'unknown' || (login === 'refused' && performance.now() >= (retries.get(id)?.notBefore ?? 0))
    );
  };
  return {
    refusal: (account) =>
      states.get(account)?.login === 'refused' ? (states.get(account)?.message ?? '') : undefined,
    refused: () =>
      [...states.values()].filter((state) => state.login === 'refused').map((state) => state.account),
    companyOf: (account) =>
      context.accounts.get(account)?.companyId ?? readText(states.get(account)?.profile ?? {}, 'companyid'),
    refuse,
    check: async () => {
      for (const id of context.accounts.keys()) if (isDue(id)) await attempt(id);
    },
    renew: async (account) => {
      retries.delete(account);
      const known = states.get(account);
      if (known) states.set(account, { ...known, login: 'unknown', message: undefined });
      await attempt(account);
      context.onAccepted(account);
    },
    states: () => [...context.accounts.keys()].map((id) => states.get(id) ?? unknownAccount(id)),
    load: async () => {
      // What an earlier run knew is tried anew: the credentials may have been changed meanwhile. The company stays known.
      for (const state of await readAccountStates(context.database)) {
        states.set(state.account, { ...state, login: 'unknown', message: undefined });
      }
    },
  };
}

function unknownAccount(account: string): AccountState {
  return { account, login: 'unknown', message: undefined, profile: {}, checkedAt: new Date(0) };
}
