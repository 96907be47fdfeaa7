import { sql } from 'kysely';
import { type Database, now } from '../erp/database.ts';

/** Whether an account's credentials are taken by the platform, as far as is known. */
export type LoginState = 'unknown' | 'accepted' | 'refused';

/** What is kept of an account: its log-in and the company behind it (接口 2). */
export type AccountState = {
  readonly account: string;
  readonly login: LoginState;
  readonly message: string | undefined;
  readonly profile: Record<string, unknown>;
  readonly checkedAt: Date;
};

/** Reads what is known of all accounts. */
export async function readAccountStates(database: Database): Promise<AccountState[]> {
  const rows = await database.kysely.selectFrom('ctg_account').selectAll().execute();
  return rows.map((row) => ({
    account: row.account,
    login: row.login === 'accepted' || row.login === 'refused' ? row.login : 'unknown',
    message: row.message ?? undefined,
    profile: readProfile(row.profile),
    checkedAt: new Date(row.checked_at),
  }));
}

function readProfile(text: string | null): Record<string, unknown> {
  const value: unknown = text === null ? {} : JSON.parse(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** Keeps what a log-in, or its refusal, said. Without a profile the one that is known stays. */
export async function writeAccountState(
  database: Database,
  state: {
    account: string;
    login: LoginState;
    message: string | undefined;
    profile?: Record<string, unknown>;
  },
): Promise<void> {
  const { dialect } = database;
  const profile = state.profile === undefined ? null : JSON.stringify(state.profile);
  const message = state.message?.slice(0, 500) ?? null;
  const merge =
    dialect === 'postgres'
      ? sql`ON CONFLICT (account) DO UPDATE SET login = EXCLUDED.login, message = EXCLUDED.message,
          profile = COALESCE(EXCLUDED.profile, ctg_account.profile), checked_at = EXCLUDED.checked_at`
      : sql`ON DUPLICATE KEY UPDATE login = VALUES(login), message = VALUES(message),
          profile = COALESCE(VALUES(profile), profile), checked_at = VALUES(checked_at)`;
  await sql`INSERT INTO ctg_account (account, login, message, profile, checked_at)
    VALUES (${state.account}, ${state.login}, ${message}, ${profile}, ${now(dialect)}) ${merge}`.execute(
    database.kysely,
  );
}
