import { type Case, nameOf } from './plan.ts';

/** One bar. */
type Bar = { readonly name: string; readonly value: number; readonly ours: boolean };

const [WIDTH, LEFT, RIGHT, ROW, TOP] = [760, 300, 70, 26, 44] as const;

/**
 * A bar chart as SVG, the largest value at the top. It has a ground of its own, so that it can be read on a light page and
 * on a dark one.
 */
export function barChart(title: string, bars: readonly Bar[], format: (value: number) => string): string {
  const sorted = bars.toSorted((a, b) => b.value - a.value);
  const largest = Math.max(...sorted.map(({ value }) => value));
  const height = TOP + sorted.length * ROW + 16;
  const rows = sorted.map(({ name, value, ours }, index) => {
    const y = TOP + index * ROW;
    const length = Math.max(1, ((WIDTH - LEFT - RIGHT) * value) / largest);
    return `<text x="${LEFT - 10}" y="${y + 15}" text-anchor="end"${ours ? ' font-weight="600"' : ''}>${escapeXml(name)}</text>
<rect x="${LEFT}" y="${y + 3}" width="${length.toFixed(1)}" height="16" rx="2" fill="${ours ? '#1f6f54' : '#b6c2bc'}"/>
<text x="${(LEFT + length + 6).toFixed(1)}" y="${y + 15}">${escapeXml(format(value))}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeXml(title)}" font-family="system-ui, sans-serif" font-size="13" fill="#23302b">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="16" y="26" font-size="15" font-weight="600">${escapeXml(title)}</text>
${rows.join('\n')}
</svg>
`;
}

/** The bar of a case. */
export function barOf(each: Case, value: number): Bar {
  return { name: nameOf(each).replace(', goods', ''), value, ours: each.contender === 'ours' };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
