import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The directory of the embedded store is held by another process. */
class DirectoryInUse extends Error {
  readonly code = 'DATA_DIR_IN_USE';

  constructor(directory: string, pid: number) {
    super(
      `DATA_DIR ${directory} is in use by process ${pid}. Fix: stop that process, or set another DATA_DIR, or a DATABASE_URL, which any number of processes may share.`,
    );
    this.name = 'DirectoryInUse';
  }
}

/** Locks that this process holds. */
const heldHere = new Set<string>();

/**
 * Takes the embedded store's directory for this process alone: PGlite would be destroyed by a second one. A lock that a
 * dead process left behind is taken over. Gives what releases it. Throws {@link DirectoryInUse}.
 */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'ctg-sync.pid');
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 });
      heldHere.add(file);
      return () => {
        heldHere.delete(file);
        rmSync(file, { force: true });
      };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const holder = readHolder(file);
    // The own pid is that of an earlier life: a container's first process always has the same one.
    if (holder !== undefined && holder !== process.pid && isAlive(holder))
      throw new DirectoryInUse(directory, holder);
    if (holder === process.pid && heldHere.has(file)) throw new DirectoryInUse(directory, holder);
    rmSync(file, { force: true });
  }
}

function readHolder(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim());
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Opens a directory that is filled at its first opening. One whose filling did not end, the process having died, holds
 * nothing yet and is filled again: half of it would never open.
 */
export async function beginOnce<T>(directory: string, open: (isNew: boolean) => Promise<T>): Promise<T> {
  const unfinished = `${directory}.unfinished`;
  if (existsSync(unfinished)) rmSync(directory, { recursive: true, force: true });
  const isNew = !existsSync(directory);
  if (isNew) writeFileSync(unfinished, '', { mode: 0o600 });
  const opened = await open(isNew);
  if (isNew) rmSync(unfinished);
  return opened;
}
