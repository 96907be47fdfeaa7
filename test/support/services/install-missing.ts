import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBinary } from './find-binary.ts';
import { NEEDED_SERVICES, type ServiceName } from './needed-services.ts';

const SCRIPT = fileURLToPath(new URL('install-debian-packages.sh', import.meta.url));
const INSTALL_WITHIN_SECONDS = 420;

/** Says whether every program of this service is there. */
function isInstalled(name: ServiceName): boolean {
  return NEEDED_SERVICES[name].binaries.every((binary) => findBinary(binary) !== undefined);
}

/**
 * Installs what these services lack, where this process may (root, on Debian or its like), and gives for each one
 * that is missing all the same the reason, as the end of a sentence.
 */
export async function installMissing(
  names: readonly ServiceName[],
): Promise<ReadonlyMap<ServiceName, string>> {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return new Map();
  const obstacle = cannotInstall() ?? (await installPackages(missing));
  const still = missing.filter((name) => !isInstalled(name));
  return new Map(still.map((name) => [name, obstacle ?? 'its package did not bring its programs']));
}

function cannotInstall(): string | undefined {
  const programs = ['apt-get', 'flock', 'timeout'];
  if (programs.some((program) => findBinary(program) === undefined)) return 'it is not installed';
  return process.getuid?.() === 0 ? undefined : 'it is not installed, and only root may install it';
}

/** Gives the reason when it fails. flock keeps a second run of the tests from installing at the same time. */
async function installPackages(names: readonly ServiceName[]): Promise<string | undefined> {
  const packages = names.map((name) => NEEDED_SERVICES[name].debianPackage);
  console.error(
    `\nINSTALLING Debian packages that the tests need: ${packages.join(' ')} (once; takes a minute)\n`,
  );
  const lock = join(tmpdir(), 'ctg-sync-install-packages.lock');
  const limit = ['timeout', '--kill-after=10', String(INSTALL_WITHIN_SECONDS)];
  const child = spawn('flock', [lock, ...limit, 'sh', SCRIPT, ...packages], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(String(chunk)));
  const [code] = await once(child, 'close');
  if (code === 0) return undefined;
  console.error(said.join('').split('\n').slice(-15).join('\n'));
  return 'it is not installed, and installing it failed (see above)';
}
