import type { Database } from '../../erp/database.ts';
import type { Configuration } from '../settings.ts';
import type { Finding } from './finding.ts';

/** One look at a database that answers. */
export type DatabaseLook = (database: Database, configuration: Configuration) => Promise<readonly Finding[]>;
