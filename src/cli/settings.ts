import { type Accounts, loadAccounts } from '../config/accounts.ts';
import { readEnvironment } from '../config/environment.ts';
import { loadPlatformPaths, type PlatformOptions } from '../config/paths.ts';
import { loadSettings, type Settings } from '../config/settings.ts';
import { loadSources, type Sources } from '../config/sources.ts';
import { INTERFACES } from '../mappers/registry.ts';

/** The settings of the environment and of `.env` in the working directory. Throws a `SettingsError`. */
export function readSettings(): Settings {
  return loadSettings(readEnvironment());
}

/** Everything that an agent would start with. */
export type Configuration = {
  readonly settings: Settings;
  readonly accounts: Accounts;
  readonly sources: Sources;
  readonly platform: PlatformOptions;
};

/** Reads the settings and every file that they name. Throws a `SettingsError`. */
export function readConfiguration(): Configuration {
  const environment = readEnvironment();
  const settings = loadSettings(environment);
  return {
    settings,
    accounts: loadAccounts(settings, environment),
    sources: loadSources(settings.sourcesFile),
    platform: readPaths(settings.pathsFile),
  };
}

/** The options of `CTG_PATHS_FILE`. Throws a `SettingsError`. */
export function readPaths(file: string | undefined): PlatformOptions {
  return loadPlatformPaths(file, INTERFACES);
}
