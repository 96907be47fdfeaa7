import { z } from 'zod';
import type { ChangeFault } from '../admin/change.ts';
import type { Push } from '../mappers/interface.ts';
import { INTERFACES } from '../mappers/registry.ts';

type Field = { readonly path: string; readonly isNumber: boolean };

const node = z.looseObject({
  description: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
});

const pathsByEntity = new Map<string | undefined, readonly string[]>();

/** The fields that a record of this entity may have in a file (`courier.name`); of every entity where none is named. */
export function fieldsOfEntity(entity: string | undefined): readonly string[] {
  const paths = pathsByEntity.get(entity) ?? readPaths(entity);
  pathsByEntity.set(entity, paths);
  return paths;
}

function readPaths(entity: string | undefined): readonly string[] {
  const pushes = INTERFACES.flatMap(({ push }) => (push ? [push] : []));
  const meant = pushes.filter((push) => entity === undefined || push.entity === entity);
  return [...new Set(meant.flatMap((push) => fieldsOf(push).map(({ path }) => path)))];
}

const fieldsByEntity = new Map<string, readonly Field[]>();

function fieldsOf({ entity, schema }: Push): readonly Field[] {
  const known = fieldsByEntity.get(entity);
  if (known) return known;
  const fields = leaves(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), '');
  fieldsByEntity.set(entity, fields);
  return fields;
}

function leaves(schema: unknown, before: string): Field[] {
  const { properties = {} } = node.parse(schema);
  return Object.entries(properties).flatMap(([name, value]) => {
    const { description = '', properties: below } = node.parse(value);
    const path = `${before}${name}`;
    return below ? leaves(value, `${path}.`) : [{ path, isNumber: /decimal|折/.test(description) }];
  });
}

const THOUSANDS = /^([^\d]*)(\d{1,3}(?:[,，]\d{3})+)(\.\d+)?$/;

/**
 * What is wrong with the record of a line: checked as the agent checks it, so that a slip of a spreadsheet is said by its
 * line before anything is stored. `cells` are its values by field.
 */
export function recordFaults(
  entity: string | undefined,
  record: Record<string, unknown>,
  cells: Readonly<Partial<Record<string, string>>>,
): ChangeFault[] {
  const push = INTERFACES.find((target) => target.push?.entity === entity)?.push;
  if (!push) return [];
  const separated = fieldsOf(push).flatMap(({ path, isNumber }) =>
    isNumber ? thousandsFault(path, cells[path]) : [],
  );
  if (separated.length > 0) return separated;
  // The agent fills in the account's company.
  const company = push.companyField === undefined ? {} : { [push.companyField]: 'company' };
  const parsed = push.parse({ ...company, ...record });
  if (parsed.ok) return [];
  return parsed.reason.split('; ').map((reason) => {
    const [, field = '', problem = reason] = /^([\w.]+): (.*)$/s.exec(reason) ?? [];
    return { field, problem, fix: 'Correct it in the file.' };
  });
}

function thousandsFault(field: string, value: string | undefined): ChangeFault[] {
  const [, , whole = '', rest = ''] = THOUSANDS.exec(value ?? '') ?? [];
  if (whole === '') return [];
  const plain = `${whole.replaceAll(/[,，]/g, '')}${rest}`;
  const fix = `Write ${plain} (in Excel: format the column as a number without thousands separator).`;
  return [{ field, problem: `"${value}" has a thousands separator`, fix }];
}
