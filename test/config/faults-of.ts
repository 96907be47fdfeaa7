import { SettingsError } from '../../src/config/fault.ts';

/** The error that loading threw. Fails when it threw none, or one of another kind. */
export function settingsErrorOf(load: () => unknown): SettingsError {
  try {
    load();
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

/** The names of its faults. */
export function faultNamesOf(load: () => unknown): string[] {
  return settingsErrorOf(load).faults.map(({ name }) => name);
}
