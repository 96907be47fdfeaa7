import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory that goes when the test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ctg-config-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Writes a file into a directory, and gives its path. */
export function writeIn(directory: string, name: string, text: string | Buffer): string {
  const file = join(directory, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** A file that goes when the test ends. */
export function temporaryFile(name: string, text: string): string {
  return writeIn(temporaryDirectory(), name, text);
}
