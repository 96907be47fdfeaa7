import { attempt } from './attempt.ts';
import { type Check, type Finding, fault } from './finding.ts';

/** The longest that one check may take, whatever hangs in it. */
const LONGEST_CHECK_MS = 45_000;

/** Starts all checks at once, and gives what each found, in the order in which they are listed. */
export async function* runChecks(checks: readonly Check[]): AsyncGenerator<readonly Finding[]> {
  const running = checks.map(runCheck);
  for (const findings of running) yield await findings;
}

async function runCheck({ what, examine }: Check): Promise<readonly Finding[]> {
  const tried = await attempt(examine, LONGEST_CHECK_MS);
  if (tried.ok) return tried.value;
  return [fault(what, `could not be looked at (${tried.words}).`, 'try again, and report it if it lasts.')];
}
