/** The servers, and the browser, that the tests use, where they come from, and how they are named to a person. */
export const NEEDED_SERVICES = {
  redis: { title: 'Redis', binaries: ['redis-server'], debianPackage: 'redis-server' },
  postgres: { title: 'PostgreSQL', binaries: ['postgres', 'initdb'], debianPackage: 'postgresql' },
  mariadb: {
    title: 'MariaDB',
    binaries: ['mariadbd', 'mariadb-install-db'],
    debianPackage: 'mariadb-server',
  },
  chromium: { title: 'Chromium', binaries: ['chromium'], debianPackage: 'chromium' },
} as const;

export type ServiceName = keyof typeof NEEDED_SERVICES;

export const SERVICE_NAMES = [
  'redis',
  'postgres',
  'mariadb',
  'chromium',
] as const satisfies readonly ServiceName[];

/** Reads `TEST_SERVICES`: `none`, or names with commas between them; all of them when it is not set. */
export function servicesAskedFor(setting: string | undefined): readonly ServiceName[] {
  if (setting === undefined || setting === '') return SERVICE_NAMES;
  const asked = setting.split(',').map((name) => name.trim());
  const unknown = asked.filter((name) => name !== 'none' && !SERVICE_NAMES.some((known) => known === name));
  if (unknown.length > 0) {
    throw new Error(
      `TEST_SERVICES names ${unknown.join(', ')}. Fix: none, or some of ${SERVICE_NAMES.join(',')}`,
    );
  }
  return SERVICE_NAMES.filter((name) => asked.includes(name));
}
