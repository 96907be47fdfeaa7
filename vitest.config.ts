import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './test/support/services/closing-line-reporter.ts';

/** A minute or more each, and seldom touched: `npm run test:long`. Without them a whole run stays within ten minutes. */
const LONG = ['test/crash-points/crash-points.test.ts', 'test/docs/contributing.test.ts'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: process.env.LONG_TESTS === 'true' ? [] : LONG,
    globalSetup: ['test/support/services/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 4,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    reporters: ['default', new ClosingLineReporter()],
  },
});
