import type { ServiceName } from './needed-services.ts';

declare module 'vitest' {
  /** What `inject(…)` gives to a test: the shared servers of this run, or null where one is not to be had. */
  export interface ProvidedContext {
    /** A superuser's URL; make a database of your own with `createDatabase`. */
    readonly postgresUrl: string | null;
    /** As `postgresUrl`. */
    readonly mariadbUrl: string | null;
    /** Shared by all test files: take a key prefix of your own, and never flush it. */
    readonly redisUrl: string | null;
    /** The browser's program. */
    readonly chromiumPath: string | null;
    /** Why a URL is null. */
    readonly missingServices: Readonly<Partial<Record<ServiceName, string>>>;
  }
}
