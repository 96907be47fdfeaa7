import type { Fault } from './fault.ts';
import type { DefaultLogin } from './settings.ts';

/** Whether any part of the account `default` is set. */
export function isStarted({ username, password, sec }: DefaultLogin): boolean {
  return username !== undefined || password !== undefined || sec !== undefined;
}

/** A fault for each part of the account `default` that is not set. */
export function missingLoginFaults({ username, password, sec }: DefaultLogin): readonly Fault[] {
  return Object.entries({ CTG_USERNAME: username, CTG_PASSWORD: password, CTG_SEC: sec })
    .filter(([, value]) => value === undefined)
    .map(([name]) => missingLogin(name));
}

function missingLogin(name: string): Fault {
  const fix = `set ${name} or ${name}_FILE, or use CTG_ACCOUNTS_FILE alone`;
  return { name, problem: 'is missing: the account default needs it', fix };
}
