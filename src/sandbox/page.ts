import type { RecordedRequest } from './recorder.ts';
import { sandboxInterfaces } from './sandbox-interfaces.ts';
import type { SandboxState } from './sandbox-state.ts';

const REQUESTS_SHOWN = 30;

/** A page for people: what arrived, what it did, what contradicts itself. Reloads itself; loads nothing else. */
export function renderPage(state: SandboxState, requests: readonly RecordedRequest[]): string {
  return `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width"><title>车同轨沙箱 · CTG sandbox</title>
<style>body{font:14px/1.5 system-ui,sans-serif;margin:2rem;max-width:70rem}table{border-collapse:collapse;margin:.5rem 0}
td,th{padding:.2rem .7rem;border-bottom:1px solid #ccc;text-align:left}td.number{text-align:right}
.bad{color:#b00}</style></head><body>
<h1>车同轨沙箱 · CTG sandbox</h1>
<p>车同轨平台的替身,只存在内存中。A stand-in for the platform, in memory only.</p>
${renderTotals(state)}${renderCounts(state)}${renderViolations(state)}${renderRequests(requests)}
</body></html>`;
}

function renderTotals(state: SandboxState): string {
  const totals: readonly (readonly [string, number])[] = [
    ['商品 goods', Object.keys(state.goods).length],
    ['客户 customers', Object.keys(state.customers).length],
    ['关系 relations', Object.keys(state.relations).length],
    ['折扣 discounts', Object.keys(state.discounts).length],
    ['提醒 reminders', Object.keys(state.reminders).length],
    ['订单 orders', Object.keys(state.orders).length],
    ['订单行 order lines', Object.keys(state.timestamps).length],
    ['矛盾 violations', state.violationCount],
  ];
  return `<h2>数量 · Totals</h2>${renderTable(['', ''], totals)}`;
}

function renderCounts(state: SandboxState): string {
  const rows = sandboxInterfaces.map(({ number, name, path }) => {
    const counts = state.counts[name];
    return [
      number,
      `${name} ${path}`,
      counts?.requests ?? 0,
      counts?.accepted ?? 0,
      counts?.refused ?? 0,
      counts?.faulted ?? 0,
      counts?.effects ?? 0,
    ];
  });
  const heads = [
    '',
    '接口 interface',
    '请求 requests',
    '成功 accepted',
    '失败 refused',
    '故障 faulted',
    '生效 effects',
  ];
  return `<h2>接口 · Interfaces</h2>${renderTable(heads, rows)}`;
}

function renderViolations(state: SandboxState): string {
  if (state.violations.length === 0) return '';
  const items = state.violations.slice(-REQUESTS_SHOWN).map((sentence) => `<li>${escapeHtml(sentence)}</li>`);
  return `<h2 class="bad">矛盾 · Violations</h2><ul class="bad">${items.join('')}</ul>`;
}

function renderRequests(requests: readonly RecordedRequest[]): string {
  const rows = requests
    .slice(-REQUESTS_SHOWN)
    .reverse()
    .map(({ sequence, at, interface: name, faults, ending, reply }) => [
      sequence,
      at,
      name,
      faults.join(' '),
      ending ?? '…',
      JSON.stringify(reply ?? null),
    ]);
  const heads = ['', '时间 time', '接口 interface', '故障 faults', '结束 ending', '应答 reply'];
  return `<h2>最近请求 · Last requests</h2>${renderTable(heads, rows)}`;
}

function renderTable(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const head = heads.map((text) => `<th>${escapeHtml(text)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(renderCell).join('')}</tr>`).join('');
  return `<table><tr>${head}</tr>${body}</table>`;
}

function renderCell(value: string | number): string {
  return typeof value === 'number' ? `<td class="number">${value}</td>` : `<td>${escapeHtml(value)}</td>`;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
]);

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => escapes.get(character) ?? character);
}
