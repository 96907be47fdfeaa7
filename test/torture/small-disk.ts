import { execFile } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A disk that can be filled up: one of its own, in memory. */
export type SmallDisk = {
  readonly directory: string;
  /** Fills it up, and again whenever something becomes free, until it is freed. */
  fill(): { free(): void };
  close(): Promise<void>;
};

const SIZE = '384m';
const REFILL_MS = 50;
const LARGE = Buffer.alloc(1 << 20);
const SMALL = Buffer.alloc(512);

/** Mounts a small disk at `directory`; undefined where this user may not mount. */
export async function mountSmallDisk(directory: string): Promise<SmallDisk | undefined> {
  await mkdir(directory, { recursive: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', directory]);
  } catch {
    return undefined;
  }
  const ballast = join(directory, 'ballast');
  return {
    directory,
    fill: () => {
      const fillUp = (): void => {
        for (const block of [LARGE, SMALL]) append(ballast, block);
      };
      fillUp();
      const timer = setInterval(fillUp, REFILL_MS);
      return {
        free: () => {
          clearInterval(timer);
          rmSync(ballast, { force: true });
        },
      };
    },
    close: async () => {
      await run('umount', ['--lazy', directory]);
    },
  };
}

/** Appends blocks until there is no room for another one. */
function append(file: string, block: Buffer): void {
  const handle = openSync(file, 'a');
  try {
    for (;;) writeSync(handle, block);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  } finally {
    closeSync(handle);
  }
}
