import type { Accounts } from './accounts.ts';
import { type Fault, throwFaults } from './fault.ts';
import { isStarted, missingLoginFaults } from './login-faults.ts';
import type { Settings } from './settings.ts';
import { SYSTEMS, type System } from './systems.ts';

/**
 * Throws a `SettingsError` that names what `start` lacks: an account, or the base URL of a system. With the loaded
 * accounts, whose own `urls` count too, the check is exact; without them a set `CTG_ACCOUNTS_FILE` is trusted.
 */
export function requirePlatform(settings: Settings, accounts?: Accounts): void {
  throwFaults([...requiredLogin(settings), ...urlFaults(settings, accounts)]);
}

/** An accounts file alone is enough; part of a login never is. */
function requiredLogin(settings: Settings): readonly Fault[] {
  const missing = missingLoginFaults(settings.defaultLogin);
  return settings.accountsFile !== undefined && !isStarted(settings.defaultLogin) ? [] : missing;
}

function urlFaults(settings: Settings, accounts: Accounts | undefined): readonly Fault[] {
  const missing = SYSTEMS.filter((system) => settings.baseUrls[system] === undefined);
  if (accounts !== undefined && accounts.size > 0)
    return missing.flatMap((system) => unreachable(system, accounts));
  if (settings.accountsFile !== undefined || missing.length === 0) return [];
  if (missing.length < SYSTEMS.length) return missing.map((system) => missingUrl(variableOf(system)));
  return [missingUrl('CTG_BASE_URL')];
}

function unreachable(system: System, accounts: Accounts): readonly Fault[] {
  const without = [...accounts.values()].filter(({ urls }) => urls[system] === undefined);
  if (without.length === 0) return [];
  const ids = without.map(({ id }) => id).join(', ');
  return [{ ...missingUrl(variableOf(system)), problem: `is missing: no address of ${system} for ${ids}` }];
}

function missingUrl(name: string): Fault {
  const fix = 'set CTG_BASE_URL to the address that 车同轨 gave you, or the URL of each system';
  return { name, problem: 'is missing: the platform has no address', fix };
}

function variableOf(system: System): string {
  return `CTG_${system.toUpperCase()}_URL`;
}
