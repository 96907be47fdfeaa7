import type { Configuration } from '../settings.ts';
import { accountChecks } from './account-check.ts';
import { dataDirCheck } from './data-dir-check.ts';
import { databaseCheck } from './database-check.ts';
import type { Check } from './finding.ts';
import { nodeCheck } from './node-check.ts';
import { platformChecks } from './platform-check.ts';
import { portCheck } from './port-check.ts';
import { queuesCheck } from './queues-check.ts';
import { scheduleCheck } from './schedule-check.ts';
import { secretFilesCheck } from './secret-files-check.ts';

/**
 * Everything that is looked at once the settings can be read, in the order in which it is told. What concerns a database
 * that answers (source maps among it) is listed in database-check.ts.
 */
export function checksOf(configuration: Configuration): readonly Check[] {
  const { settings } = configuration;
  return [
    nodeCheck,
    secretFilesCheck(settings),
    scheduleCheck(settings),
    dataDirCheck(settings),
    portCheck(settings),
    databaseCheck(configuration),
    queuesCheck(settings),
    ...platformChecks(configuration),
    ...accountChecks(configuration),
  ];
}
