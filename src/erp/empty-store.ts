import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';

let made: Promise<Blob> | undefined;

/**
 * An embedded store that is initialised and empty, as PGlite's `loadDataDir` takes it. Made once in a process: it takes
 * seconds of processor time, and more than one store begins like this.
 */
export function emptyStore(): Promise<Blob> {
  made ??= makeEmptyStore().catch((cause: unknown) => {
    made = undefined;
    throw cause;
  });
  return made;
}

async function makeEmptyStore(): Promise<Blob> {
  const store = await PGlite.create('memory://');
  const dump = await store.dumpDataDir('gzip');
  await store.close();
  return dump;
}

/**
 * Opens an embedded store that is empty and kept in memory only. `directory` (a DATA_DIR; `memory` is none) keeps its beginning for
 * later processes, where it can be written; what cannot be read there is made anew.
 */
export async function openInMemory(directory: string | undefined, template?: Blob): Promise<PGlite> {
  const load = (loadDataDir: Blob): Promise<PGlite> => PGlite.create('memory://', { loadDataDir });
  if (template) return load(template);
  if (directory === undefined || directory === 'memory') return load(await emptyStore());
  const file = join(directory, 'empty-store.tar.gz');
  try {
    // Unpacked here: PGlite would end the process over a file that was cut off.
    const tar = await promisify(gunzip)(await readFile(file));
    return await load(new Blob([new Uint8Array(tar)], { type: 'application/x-tar' }));
  } catch {
    const store = await emptyStore();
    await keep(file, store);
    return load(store);
  }
}

async function keep(file: string, store: Blob): Promise<void> {
  const unfinished = `${file}.${process.pid}`;
  try {
    await writeFile(unfinished, store.stream(), { mode: 0o600 });
    await rename(unfinished, file);
  } catch {
    // No such directory, no right, no room: the next start takes its seconds again.
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}
