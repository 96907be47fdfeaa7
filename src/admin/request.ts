import { z } from 'zod';
import { DEFAULT_ACCOUNT } from '../config/accounts.ts';
import { suggestion } from '../config/nearest.ts';
import type { PlatformInterface, Push } from '../mappers/interface.ts';
import { INTERFACES, interfaceFor } from '../mappers/registry.ts';
import { Problem } from './problem.ts';

/** The account's id, `default` when it is left out. */
export const accountField = z.string().min(1).max(64).default(DEFAULT_ACCOUNT);

/** An ERP key, as the outbox holds it. */
export const keyField = z.string().trim().min(1).max(191);

/** Reads a request's body, query or parameters. Throws the 422 that names every fault. */
export function readRequest<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => ({
    field: issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue.path.join('.'),
    problem: issue.message,
    fix: 'Correct it.',
  }));
  const words = faults
    .map(({ field, problem }) => (field === '' ? problem : `${field}: ${problem}`))
    .join('; ');
  throw new Problem(
    422,
    { code: 'INVALID_REQUEST', message: words, fix: 'Correct the request; see docs/http-api.md.' },
    { faults },
  );
}

/** The interface that carries an entity. Throws a 422 that suggests the nearest. */
export function requireTarget(entity: string): { readonly target: PlatformInterface; readonly push: Push } {
  const target = interfaceFor(entity);
  if (target?.push) return { target, push: target.push };
  const entities = carriedEntities();
  throw new Problem(422, {
    code: 'UNKNOWN_ENTITY',
    message: `"${entity}" is not an entity that the platform takes${suggestion(entity, entities)}.`,
    fix: `Use one of ${entities.join(', ')}.`,
  });
}

/** The entities that an interface carries. */
function carriedEntities(): string[] {
  return INTERFACES.flatMap(({ push }) => (push ? [push.entity] : []));
}
