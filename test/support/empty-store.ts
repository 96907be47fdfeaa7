import { PGlite } from '@electric-sql/pglite';

let template: Promise<Blob> | undefined;

/** An empty embedded store, made once for each file of tests: initialising one takes longer than most tests. */
export function emptyStore(): Promise<Blob> {
  template ??= makeTemplate();
  return template;
}

async function makeTemplate(): Promise<Blob> {
  const store = await PGlite.create('memory://');
  const dump = await store.dumpDataDir('none');
  await store.close();
  return dump;
}
