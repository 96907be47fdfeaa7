const names: ReadonlyMap<string, string> = new Map([
  ['1', '竞争关系'],
  ['2', '普通关系'],
  ['3', '商友'],
  ['*', '所有客户'],
]);

/** 关系名称 of a 关系编号, with the examples that interface 5 gives. */
export function relationName(relationId: string): string {
  return names.get(relationId) ?? `关系${relationId}`;
}
