// An agent in a process of its own, so that a test can kill it. Settings come from the environment.
import { startAgent } from '../../src/agent.ts';
import { loadAccounts } from '../../src/config/accounts.ts';
import { createLogger } from '../../src/config/logger.ts';
import { loadPlatformPaths } from '../../src/config/paths.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { loadSources } from '../../src/config/sources.ts';

const settings = loadSettings(process.env);
const agent = await startAgent({
  settings,
  accounts: loadAccounts(settings, process.env),
  sources: loadSources(settings.sourcesFile),
  platform: loadPlatformPaths(undefined),
  logger: createLogger({ level: settings.logLevel }),
});
process.once('SIGTERM', () => {
  void agent.stop().then(() => process.exit(0));
});
// A test that failed leaves nobody who would end this process, and its open output would keep the run from ending.
process.once('disconnect', () => process.exit(1));
process.send?.('ready');
