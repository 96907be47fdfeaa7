import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BESIDE = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Where the dump of a real ERP lies: in `erp/` of some folder beside this project. Dumps are large and belong to others,
 * so they are not part of it; without one, the tests that need it are skipped, and say so.
 */
export function findDump(name: string): string | undefined {
  const [found] = globSync(`*/erp/${name}`, { cwd: BESIDE });
  return found === undefined ? undefined : `${BESIDE}${found}`;
}
