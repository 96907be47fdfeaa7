import type { Balance, LedgerSummary } from '../../ledger/balance.ts';
import { type Html, html } from './html.ts';
import type { View } from './page.ts';
import { count, panel, pill, table } from './parts.ts';

const PARTS = [
  'accepted',
  'unchanged',
  'superseded',
  'open',
  'inDoubt',
  'rejected',
  'dropped',
] as const satisfies readonly (keyof Balance)[];

/** Captured = all that became of it: as a sum, and as a bar. */
export function balancePanel({ t, word }: View, { balance, difference }: LedgerSummary): Html {
  const verdict =
    difference === 0 ? pill('good', t('balanceHolds')) : pill('bad', t('balanceOffShort', { difference }));
  const terms = PARTS.map(
    (part) =>
      html`<span class="term ${part}"><b>${count(balance[part])}</b> <small>${word('state', part)}</small></span>`,
  );
  const sum = html`<p class="sum"><span class="term"><b>${count(balance.captured)}</b> <small>${t('captured')}</small></span> <span aria-hidden="true">=</span> ${join(terms)}</p>`;
  return panel(t('balance'), html`${bar(balance)}${sum}`, verdict);
}

function join(terms: readonly Html[]): Html[] {
  return terms.flatMap((term, index) =>
    index === 0 ? [term] : [html` <span aria-hidden="true">+</span> `, term],
  );
}

/** Widths are attributes of a drawing: the content policy allows no style in the page. */
function bar(balance: Balance): Html {
  const total = Math.max(1, ...[PARTS.reduce((sum, part) => sum + balance[part], 0)]);
  let from = 0;
  const parts = PARTS.filter((part) => balance[part] > 0).map((part) => {
    const width = (balance[part] / total) * 1000;
    const shape = html`<rect class="${part}" x="${from}" y="0" width="${width}" height="10"></rect>`;
    from += width;
    return shape;
  });
  return html`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">${parts}</svg>`;
}

const COLUMNS = [
  'waitingInOutbox',
  'waiting',
  'queued',
  'blocked',
  'in_doubt',
  'held',
  'rejected',
  'accepted',
  'unchanged',
  'superseded',
  'dropped',
] as const;

/** What stands where, kind by kind. */
export function entitiesPanel({ t, word }: View, { entities }: LedgerSummary): Html | undefined {
  const names = Object.keys(entities);
  if (names.length === 0) return undefined;
  const used = COLUMNS.filter((column) => names.some((name) => (entities[name]?.[column] ?? 0) > 0));
  const rows = names.map(
    (name) =>
      html`<tr><th scope="row">${word('entity', name)}</th>${used.map((column) => cell(column, entities[name]?.[column] ?? 0))}</tr>`,
  );
  const titles = [t('entity'), ...used.map((column) => word('state', column))];
  return panel(t('byEntity'), html`<div class="numbers">${table(t('byEntity'), titles, rows)}</div>`);
}

function cell(column: string, value: number): Html {
  return html`<td class="${value > 0 ? column : 'zero'}">${value > 0 ? count(value) : '·'}</td>`;
}
