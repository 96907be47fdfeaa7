import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './test/support/services/closing-line-reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/services/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 4,
    // A process runs several files one after the other: it reads the code, and makes the empty embedded store, once.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    reporters: ['default', new ClosingLineReporter()],
  },
});
