// Writes the JSON Schema of source maps, which editors check CTG_SOURCES_FILE with. `--check` only compares.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonSchemaOfSources } from '../src/config/sources.ts';

const file = fileURLToPath(new URL('../docs/schema/sources.schema.json', import.meta.url));
const text = `${JSON.stringify(jsonSchemaOfSources(), undefined, 2)}\n`;

if (!process.argv.includes('--check')) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
} else if (readFileSync(file, 'utf8') !== text) {
  console.error(
    'docs/schema/sources.schema.json is out of date: run "node scripts/generate-source-schema.ts".',
  );
  process.exitCode = 1;
}
