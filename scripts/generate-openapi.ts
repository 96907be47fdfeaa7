/**
 * Writes docs/openapi/platform.json, the platform as the agent understands it, from the interfaces' own declarations.
 *
 *   node scripts/generate-openapi.ts             write it
 *   node scripts/generate-openapi.ts --check     exit 1 when it is not up to date
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openApiOf } from '../src/mappers/openapi.ts';
import { INTERFACES } from '../src/mappers/registry.ts';

const FILE = new URL('../docs/openapi/platform.json', import.meta.url);

function document(): string {
  return `${JSON.stringify(openApiOf(INTERFACES), null, 2)}\n`;
}

function current(): string | undefined {
  try {
    return readFileSync(FILE, 'utf8');
  } catch {
    return undefined;
  }
}

function write(): void {
  mkdirSync(new URL('.', FILE), { recursive: true });
  writeFileSync(FILE, document());
}

function check(): void {
  if (current() === document()) return;
  console.error('Not up to date: docs/openapi/platform.json. Run: node scripts/generate-openapi.ts');
  process.exitCode = 1;
}

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
if (values.check) check();
else write();
