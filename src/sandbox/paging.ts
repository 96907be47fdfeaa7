import { accepted, type Reply, refused } from './define-interface.ts';

/** One page of a query (op_type 4), with the keys that interfaces 4, 5 and 6 share. */
export function answerPage(page: {
  readonly records: readonly Readonly<Record<string, unknown>>[];
  readonly pageNum: number;
  readonly pageSize: number;
  readonly pageSizeMax: number;
}): Reply {
  const { records, pageNum, pageSize } = page;
  if (pageSize > page.pageSizeMax) return refused(`查询失败: 字段 pageSize 最大为${page.pageSizeMax}`);
  const data = records.slice((pageNum - 1) * pageSize, pageNum * pageSize);
  return accepted('操作成功!', {
    pageNum,
    pageSize,
    totalRecords: records.length,
    currentSize: data.length,
    data,
  });
}

/** Whether a filter lets a value through: one that is left out or empty lets everything through. */
export function passes(filter: string | number | undefined, value: string): boolean {
  return filter === undefined || filter === '' || String(filter) === value;
}
