import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type AdminSetup, startAdminSetup } from '../admin/running-admin.ts';
import { type Sample, type Scrape, scrapeOf } from '../admin/scrape.ts';
import { goods, order } from '../support/running-agent.ts';
import { anyStore } from '../support/stores.ts';
import { until } from '../support/until.ts';

const ROOT = new URL('../../', import.meta.url);
const RULES = 'deploy/prometheus/alerts.yaml';
const DASHBOARD = 'deploy/grafana/ctg-sync.json';

/** What Prometheus adds to each sample by itself. */
const TARGET_LABELS = ['instance', 'job'];

/** Metrics that only show when something is wrong, and their labels. */
const RARE = new Map([
  ['ctg_sync_source_unreadable', ['entity']],
  ['ctg_sync_alert_notices_total', ['result']],
]);

let setup: AdminSetup;
let scrape: Scrape;

beforeAll(async () => {
  setup = await startAdminSetup(anyStore());
  await setup.change(goods('G-1'), goods('BAD', { price: 'cheap' }), order('SO-1'));
  await setup.untilState('order', 'SO-1', 'accepted');
  scrape = await until('the order was polled, and all is counted', async () => {
    const found = scrapeOf((await setup.get('/metrics')).body);
    const counted = found.value('ctg_sync_closed_changes', { entity: 'order' });
    return counted && found.value('ctg_sync_polls_total') ? found : undefined;
  });
});
afterAll(() => setup?.stop());

/** A selector of a query: its metric, and the labels that it, and what is around it, names. */
type Selector = {
  readonly metric: string;
  readonly labels: readonly string[];
  readonly values: readonly (readonly [string, string])[];
};

/** Reads a query with Prometheus' own grammar. Throws where it is no query. */
function selectorsOf(query: string): { selectors: Selector[]; grouping: string[] } {
  const selectors: { metric: string; labels: string[]; values: [string, string][] }[] = [];
  const grouping: string[] = [];
  parser.parse(query).iterate({
    enter: ({ type, from, to, node }) => {
      const text = query.slice(from, to);
      if (type.isError) throw new Error(`No query, at ${from}: ${query}`);
      if (type.name === 'VectorSelector') selectors.push({ metric: '', labels: [], values: [] });
      const current = selectors.at(-1);
      if (type.name === 'Identifier' && node.parent?.name === 'VectorSelector' && current)
        current.metric = text;
      if (type.name === 'LabelName' && node.parent?.name === 'GroupingLabels') grouping.push(text);
      if (type.name === 'UnquotedLabelMatcher' && current) {
        const [, label = '', operator = '', value = ''] =
          /^\s*(\w+)\s*(=~|!~|!=|=)\s*"(.*)"$/.exec(text) ?? [];
        current.labels.push(label);
        const wanted = operator === '=~' ? value.split('|') : operator === '=' ? [value] : [];
        current.values.push(...wanted.map((each): [string, string] => [label, each]));
      }
    },
  });
  return { selectors, grouping };
}

function read(file: string): string {
  return readFileSync(new URL(file, ROOT), 'utf8');
}

type Rule = {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Record<'summary' | 'description' | 'runbook' | 'runbook_zh', string>;
};

function rules(): Rule[] {
  return parse(read(RULES)).groups.flatMap(({ rules: each }: { rules: Rule[] }) => each);
}

type Panel = { readonly title: string; readonly targets?: readonly { readonly expr: string }[] };

function queries(): { where: string; query: string }[] {
  const { panels }: { panels: Panel[] } = JSON.parse(read(DASHBOARD));
  const ofPanels = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ where: title, query: expr.replaceAll('$__rate_interval', '1m') })),
  );
  return [...rules().map(({ alert, expr }) => ({ where: alert, query: expr })), ...ofPanels];
}

function samplesOf(metric: string): Sample[] {
  return scrape.samples.filter(({ name }) => name === metric);
}

function labelsOf(metric: string): readonly string[] {
  return RARE.get(metric) ?? [...new Set(samplesOf(metric).flatMap(({ labels }) => Object.keys(labels)))];
}

test('the queries are read as what they are', () => {
  expect(selectorsOf('sum by (a) (rate(x_total{b="1",c=~"2|3"}[5m])) > 0')).toEqual({
    selectors: [
      {
        metric: 'x_total',
        labels: ['b', 'c'],
        values: [
          ['b', '1'],
          ['c', '2'],
          ['c', '3'],
        ],
      },
    ],
    grouping: ['a'],
  });
  expect(() => selectorsOf('sum(')).toThrow('No query');
});

test.each(queries())('$where asks for what there is: $query', ({ query }) => {
  const { selectors, grouping } = selectorsOf(query);
  expect(selectors.length).toBeGreaterThan(0);
  const known = new Set(selectors.flatMap(({ metric }) => labelsOf(metric)));
  for (const { metric, labels, values } of selectors) {
    const exists = samplesOf(metric).length > 0 || RARE.has(metric);
    expect(exists, `${metric} is in a scrape`).toBe(true);
    for (const label of labels) expect(labelsOf(metric), metric).toContain(label);
    for (const [label, value] of values) {
      expect(
        samplesOf(metric).some((sample) => sample.labels[label] === value),
        `${metric} ${label}="${value}"`,
      ).toBe(true);
    }
  }
  for (const label of grouping) expect([...known, ...TARGET_LABELS]).toContain(label);
});

describe('the alert rules', () => {
  test.each(rules())('$alert says in both languages what is wrong, and where help is', (rule) => {
    expect(rule.for).toMatch(/^\d+m$/);
    expect(['warning', 'critical']).toContain(rule.labels.severity);
    const { summary, description, runbook, runbook_zh } = rule.annotations;
    for (const text of [summary, description]) expect(text).toMatch(/\p{Script=Han}.* \/ .*[a-z]/u);
    for (const link of [runbook, runbook_zh]) expect(headingsOf(link)).toContain(link.split('#')[1]);
  });

  test('cover what a person on call must know', () => {
    expect(new Set(rules().map(({ alert }) => alert)).size).toBe(rules().length);
    expect(rules().length).toBeGreaterThanOrEqual(10);
  });
});

function headingsOf(link: string): string[] {
  const headings = [...read(link.split('#')[0] ?? '').matchAll(/^#+ (.+)$/gm)];
  return headings.map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
}

test.each(['docs/monitoring.md', 'docs/monitoring.zh-CN.md'])(
  '%s names every metric, its kind and labels',
  (file) => {
    const rows = [...read(file).matchAll(/^\| `(ctg_sync_\w+)` +\| (\w+) +\| ([^|]*)\|/gm)];
    const documented = rows.map(([, name = '', kind, labels = '']) => ({
      name,
      kind,
      labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort(),
    }));
    const real = [...scrape.kinds].filter(([name]) => name.startsWith('ctg_sync_'));
    expect(documented.map(({ name, kind }) => `${name} ${kind}`).sort()).toEqual(
      real.map(([name, kind]) => `${name} ${kind}`).sort(),
    );
    for (const { name, kind, labels } of documented)
      expect(labels, name).toEqual([...labelsOf(kind === 'histogram' ? `${name}_count` : name)].sort());
  },
);
