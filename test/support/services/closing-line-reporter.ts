import type { Reporter, TestModule } from 'vitest/node';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };

/**
 * Ends a run with one plain line, `N passed, N failed, N skipped`, that scripts can read. A file that could not be
 * loaded, a hook that failed and an error outside of every test count as failures: a green line is never wrong.
 */
export class ClosingLineReporter implements Reporter {
  #counts: Counts | undefined;

  constructor() {
    // At the very end, after whatever the other reporters and the teardown have to say.
    process.once('exit', (code) => this.#print(code));
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    this.#counts = [...modules.map(countModule), { ...NONE, failed: unhandledErrors.length }].reduce(add);
  }

  #print(code: number): void {
    const { passed, failed, skipped } = this.#counts ?? NONE;
    // A run that broke off before its first test counts nothing, and has failed all the same.
    const atLeast = code === 0 ? 0 : 1;
    process.stdout.write(`${passed} passed, ${Math.max(failed, atLeast)} failed, ${skipped} skipped\n`);
  }
}

function countModule(module: TestModule): Counts {
  const states = [...module.children.allTests()].map((test) => test.result().state);
  const count = (...wanted: readonly string[]) => states.filter((state) => wanted.includes(state)).length;
  const suites = [...module.children.allSuites()].filter((suite) => suite.errors().length > 0).length;
  const broken = (module.errors().length > 0 ? 1 : 0) + suites;
  // A pending test is one that a broken-off run never reached.
  return { passed: count('passed'), failed: count('failed') + broken, skipped: count('skipped', 'pending') };
}

function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}
