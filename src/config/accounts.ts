import { dirname } from 'node:path';
import { z } from 'zod';
import { INSECURE_FIX, insecureProblem, isInsecure, readBaseUrl } from './base-url.ts';
import { readEnvironment } from './environment.ts';
import { type Fault, throwFaults } from './fault.ts';
import { isStarted, missingLoginFaults } from './login-faults.ts';
import { misread, type Reading, readText } from './reading.ts';
import { type ReferenceScope, readSecret } from './reference.ts';
import type { Secret } from './secret.ts';
import type { DefaultLogin, Settings } from './settings.ts';
import type { System } from './systems.ts';
import { checkYaml, mapping, type YamlPart } from './yaml-check.ts';
import { readYaml } from './yaml-file.ts';

/** One login of the platform. */
export type Account = {
  readonly id: string;
  readonly username: string;
  readonly password: Secret;
  /** 加密秘钥. */
  readonly sec: Secret;
  readonly companyId?: string;
  /** Its own base URLs, without a trailing slash, in place of the settings' `baseUrls`. */
  readonly urls: Readonly<Partial<Record<System, string>>>;
};

/** All accounts by id, `default` first. */
export type Accounts = ReadonlyMap<string, Account>;

/** The id of the account that `CTG_USERNAME`, `CTG_PASSWORD` and `CTG_SEC` make. */
export const DEFAULT_ACCOUNT = 'default';

type Loaded = { readonly accounts: readonly Account[]; readonly faults: readonly Fault[] };

/**
 * The account `default` of the environment and those of `CTG_ACCOUNTS_FILE`; none at all is no fault here. `variables`
 * is where `env:NAME` looks. Throws one `SettingsError` with all faults, each with its path into the file.
 */
export function loadAccounts(settings: Settings, variables: NodeJS.ProcessEnv = readEnvironment()): Accounts {
  const byDefault = defaultAccount(settings.defaultLogin);
  const filed = accountsOfFile(settings, variables, byDefault.accounts.length > 0);
  throwFaults([...byDefault.faults, ...filed.faults]);
  return new Map([...byDefault.accounts, ...filed.accounts].map((account) => [account.id, account]));
}

function defaultAccount(login: DefaultLogin): Loaded {
  const { username, password, sec } = login;
  if (username !== undefined && password !== undefined && sec !== undefined) {
    return { accounts: [{ id: DEFAULT_ACCOUNT, username, password, sec, urls: {} }], faults: [] };
  }
  return { accounts: [], faults: isStarted(login) ? missingLoginFaults(login) : [] };
}

function accountsOfFile(settings: Settings, variables: NodeJS.ProcessEnv, hasDefault: boolean): Loaded {
  const file = settings.accountsFile;
  if (file === undefined) return { accounts: [], faults: [] };
  const yaml = readYaml({ file, setting: 'CTG_ACCOUNTS_FILE', sensitive: true });
  const part = listOf({ yaml });
  const scope = { variables, directory: dirname(file) };
  const checked = checkYaml(z.array(accountSchema(scope, settings.allowInsecure)), part);
  const repeated = repeatedIds(part, hasDefault);
  if (checked.kind === 'faults') return { accounts: [], faults: [...checked.faults, ...repeated] };
  return { accounts: checked.value, faults: repeated };
}

const WRAPPED = z.strictObject({ accounts: z.unknown() });

/** The file is the list itself, or has it under `accounts:`. */
function listOf({ yaml }: YamlPart): YamlPart {
  const wrapped = WRAPPED.safeParse(yaml.data);
  if (!wrapped.success) return { yaml, data: yaml.data, root: 'accounts' };
  return { yaml, data: wrapped.data.accounts, at: ['accounts'], root: 'accounts' };
}

function accountSchema(scope: ReferenceScope, allowInsecure: boolean): z.ZodType<Account> {
  const secret = readText((text) => readSecret(text, scope));
  const url = readText((text) => readAccountUrl(text, allowInsecure)).optional();
  return mapping({
    id: readText(readId),
    username: z.string().min(1),
    password: secret,
    sec: secret,
    companyId: z.string().min(1).optional(),
    urls: mapping({ crm: url, data: url, order: url, logistics: url }).default({}),
  });
}

/** The id fills `ctg_outbox.account`, which holds 64 characters. */
function readId(text: string): Reading<string> {
  if (/^[\w.-]{1,64}$/.test(text)) return { kind: 'value', value: text };
  return misread('is not a plain name', 'use letters, digits, ".", "_" and "-", at most 64');
}

function readAccountUrl(text: string, allowInsecure: boolean): Reading<string> {
  const reading = readBaseUrl(text);
  if (reading.kind === 'fault' || allowInsecure || !isInsecure(reading.value)) return reading;
  return misread(insecureProblem(reading.value), INSECURE_FIX);
}

const IDS = z.array(z.looseObject({ id: z.string().optional().catch(undefined) }).catch({ id: undefined }));

function repeatedIds({ yaml, data, at = [] }: YamlPart, hasDefault: boolean): readonly Fault[] {
  const parsed = IDS.safeParse(data);
  const ids = parsed.success ? parsed.data.map(({ id }) => id) : [];
  return ids.flatMap((id, index) => {
    const taken = ids.indexOf(id) < index || (hasDefault && id === DEFAULT_ACCOUNT);
    if (id === undefined || !taken) return [];
    return [repeatedId(id, index, yaml.where([...at, index, 'id']))];
  });
}

function repeatedId(id: string, index: number, where: string): Fault {
  const fix =
    id === DEFAULT_ACCOUNT ? 'rename it, or unset CTG_USERNAME and the rest' : 'give each its own id';
  return {
    name: `accounts[${index}].id`,
    where,
    problem: `"${id}" is the id of another account already`,
    fix,
  };
}
