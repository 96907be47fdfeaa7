import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Settings } from '../../config/settings.ts';
import { type Check, type Finding, fault, fine, warning } from './finding.ts';

const LITTLE_BYTES = 1024 ** 3;
const TOO_LITTLE_BYTES = 100 * 1024 ** 2;
const FIX = 'give the agent a directory that it may write into: set DATA_DIR, or its owner and mode.';

/** Whether the embedded database can be kept under `DATA_DIR`. With `DATABASE_URL` nothing is kept there. */
export function dataDirCheck({ dataDir, databaseUrl }: Settings): Check {
  return {
    what: 'DATA_DIR',
    examine: async () =>
      databaseUrl === undefined && dataDir !== 'memory' ? [examineDirectory(dataDir)] : [],
  };
}

function examineDirectory(dataDir: string): Finding {
  const directory = existingPart(resolve(dataDir));
  if (!statSync(directory).isDirectory()) return fault('DATA_DIR', `${directory} is not a directory.`, FIX);
  for (const each of [directory, join(resolve(dataDir), 'erp')]) {
    if (existsSync(each) && !isWritable(each)) return fault('DATA_DIR', `${each} cannot be written to.`, FIX);
  }
  return judgeSpace(dataDir, freeBytes(directory));
}

/** The directory itself, or the nearest one above it that is there already. */
function existingPart(path: string): string {
  return existsSync(path) ? path : existingPart(dirname(path));
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

function judgeSpace(dataDir: string, bytes: number): Finding {
  const detail = `${dataDir} has ${(bytes / 1024 ** 3).toFixed(1)} GiB free`;
  const fix = 'make room: a full disk stops the embedded database.';
  if (bytes < TOO_LITTLE_BYTES) return fault('DATA_DIR', `${detail}.`, fix);
  return bytes < LITTLE_BYTES
    ? warning('DATA_DIR', `${detail}.`, fix)
    : fine('DATA_DIR', `can be written to; ${detail}`);
}
