import type { TestProject } from 'vitest/node';
import './provided.ts';
import { requireBinary } from './find-binary.ts';
import { installMissing } from './install-missing.ts';
import { startMariadb } from './mariadb.ts';
import { NEEDED_SERVICES, SERVICE_NAMES, type ServiceName, servicesAskedFor } from './needed-services.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import type { Service } from './service.ts';

type Started = Pick<Service, 'url' | 'stop'>;

const START: Readonly<Record<ServiceName, () => Promise<Started>>> = {
  redis: () => startRedis(),
  postgres: () => startPostgres(),
  mariadb: () => startMariadb(),
  // Each test starts the browser by itself; its `url` is where the program is.
  chromium: async () => ({ url: requireBinary('chromium'), stop: async () => undefined }),
};

type Outcome = { readonly service: Started } | { readonly reason: string };

/** Starts the shared servers, once for a whole run, and gives their URLs to the tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const asked = servicesAskedFor(process.env.TEST_SERVICES);
  const missing = await installMissing(asked);
  const outcomes = new Map(
    await Promise.all(asked.map(async (name) => [name, await start(name, missing)] as const)),
  );
  const stop = async () => {
    await Promise.all(
      [...outcomes.values()].map((outcome) => 'service' in outcome && outcome.service.stop()),
    );
  };
  try {
    tellWhatIsSkipped(outcomes);
  } catch (error) {
    await stop();
    throw error;
  }
  provide(project, outcomes);
  return stop;
}

async function start(name: ServiceName, missing: ReadonlyMap<ServiceName, string>): Promise<Outcome> {
  const reason = missing.get(name);
  if (reason !== undefined) return { reason };
  try {
    return { service: await START[name]() };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Where somebody may not see the lines, in CI, a missing server is a failure. */
function tellWhatIsSkipped(outcomes: ReadonlyMap<ServiceName, Outcome>): void {
  const lines = [...outcomes].flatMap(([name, outcome]) => {
    if ('service' in outcome) return [];
    const { title, debianPackage } = NEEDED_SERVICES[name];
    return [`SKIPPED: ${title} tests, because ${outcome.reason}. Fix: apt-get install ${debianPackage}`];
  });
  if (lines.length === 0) return;
  if (process.env.CI === 'true') throw new Error(`CI must skip nothing.\n${lines.join('\n')}`);
  console.error(`\n${lines.join('\n')}\n`);
}

function provide(project: TestProject, outcomes: ReadonlyMap<ServiceName, Outcome>): void {
  const urlOf = (name: ServiceName) => {
    const outcome = outcomes.get(name);
    return outcome !== undefined && 'service' in outcome ? outcome.service.url : null;
  };
  const reasons = SERVICE_NAMES.flatMap((name) => {
    const outcome = outcomes.get(name);
    if (outcome === undefined) return [[name, 'TEST_SERVICES leaves it out']];
    return 'reason' in outcome ? [[name, outcome.reason]] : [];
  });
  project.provide('redisUrl', urlOf('redis'));
  project.provide('postgresUrl', urlOf('postgres'));
  project.provide('mariadbUrl', urlOf('mariadb'));
  project.provide('chromiumPath', urlOf('chromium'));
  project.provide('missingServices', Object.fromEntries(reasons));
}
