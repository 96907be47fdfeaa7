import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/**
 * Says in the platform's manner what is wrong with a request, naming the field by its path ("info.goods_ID").
 * Unknown fields come first: a misspelt key is both an unknown and a missing one, and the misspelling is the cause.
 */
export function describeShapeFault(issues: readonly Issue[], body: unknown): string {
  const issue = issues.find((candidate) => candidate.code === 'unrecognized_keys') ?? issues[0];
  return issue === undefined ? '参数错误' : `参数错误: ${describeIssue(issue, body)}`;
}

function describeIssue(issue: Issue, body: unknown): string {
  const field = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') return `未知字段 ${[...issue.path, issue.keys[0]].join('.')}`;
  if (field === '') return '请求不是JSON对象';
  if (valueAt(body, issue.path) === undefined) return `缺少字段 ${field}`;
  if (issue.code === 'invalid_type') return `字段 ${field} 类型不正确`;
  if (issue.code === 'custom') return `字段 ${field} 小数位过多`;
  return `字段 ${field} 取值不正确`;
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
