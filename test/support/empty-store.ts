import { cpSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../../src/erp/database.ts';
import { emptyStore as makeEmptyStore } from '../../src/erp/empty-store.ts';

const PGLITE = dirname(dirname(fileURLToPath(import.meta.resolve('@electric-sql/pglite'))));
const { version } = JSON.parse(readFileSync(join(PGLITE, 'package.json'), 'utf8')) as { version: string };

/** Kept for later runs, as the compile cache is: initialising a store takes longer than most tests. */
const KEPT = join(tmpdir(), `ctg-sync-test-store-pglite-${version}`);
const STORE = 'empty-store.tar.gz';

let template: Promise<Blob> | undefined;

/** An empty embedded store. */
export function emptyStore(): Promise<Blob> {
  template ??= keptDirectory().then(
    () => new Blob([readFileSync(join(KEPT, STORE))], { type: 'application/x-gzip' }),
  );
  return template;
}

/** A new DATA_DIR in which the embedded store is initialised, and holds nothing. The caller removes it. */
export async function newDataDir(): Promise<string> {
  await keptDirectory();
  const directory = mkdtempSync(join(tmpdir(), 'ctg-sync-data-'));
  cpSync(KEPT, directory, { recursive: true });
  return directory;
}

async function keptDirectory(): Promise<void> {
  if (existsSync(KEPT)) return;
  const unfinished = await mkdtemp(`${KEPT}-`);
  const store = await makeEmptyStore();
  await writeFile(join(unfinished, STORE), store.stream());
  const database = await openDatabase({ dataDir: unfinished, template: async () => store });
  await database.close();
  // Whoever comes second leaves it as it is.
  await rename(unfinished, KEPT).catch(() => rm(unfinished, { recursive: true }));
}
