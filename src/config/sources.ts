import { z } from 'zod';
import { isEntity } from './entities.ts';
import type { SourceMap, Sources } from './source-map.ts';
import { sourcesSchema } from './source-schema.ts';
import { checkedValue, checkYaml } from './yaml-check.ts';
import { readYaml } from './yaml-file.ts';

export type { Sources } from './source-map.ts';

/** The source maps of `CTG_SOURCES_FILE`; none without it. Throws one `SettingsError` with all faults, by path and line. */
export function loadSources(file: string | undefined): Sources {
  if (file === undefined) return new Map();
  const yaml = readYaml({ file, setting: 'CTG_SOURCES_FILE' });
  const parsed = checkedValue(checkYaml(sourcesSchema, { yaml, data: yaml.data ?? {} }));
  return new Map(Object.entries(parsed).flatMap(([entity, map]) => named(entity, map)));
}

function named(entity: string, map: Omit<SourceMap, 'entity'> | undefined) {
  if (map === undefined || !isEntity(entity)) return [];
  return [[entity, { entity, ...map }] as const];
}

/** The JSON Schema of `CTG_SOURCES_FILE`, for editors and for the documentation. */
export function jsonSchemaOfSources(): Record<string, unknown> {
  return { ...z.toJSONSchema(sourcesSchema, { io: 'input' }), title: 'ctg-sync source maps' };
}
