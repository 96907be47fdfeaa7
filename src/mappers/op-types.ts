import type { MapperOptions } from './interface.ts';

/** 增\删\改\查 of 接口 4, 5 and 6. */
export const CRUD = { add: 1, delete: 2, modify: 3, query: 4 } as const;

/** The op type of an interface under our name for it: the setting's number, else the document's. */
export function opTypeOf<Name extends string>(
  { opTypes }: MapperOptions,
  { via, standard }: { readonly via: string; readonly standard: Readonly<Record<Name, number>> },
  name: Name,
): number {
  return opTypes[via]?.[name] ?? standard[name];
}
