/** One line of a scrape. */
export type Sample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

/** What `GET /metrics` answered. */
export type Scrape = {
  readonly samples: readonly Sample[];
  /** The kind of each metric, by its name. */
  readonly kinds: ReadonlyMap<string, string>;
  /** The value of the first sample of that name that has these labels. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
};

/** Reads Prometheus' text format. */
export function scrapeOf(text: string): Scrape {
  const lines = text.split('\n');
  const kinds = new Map(
    lines.flatMap((line) => {
      const [, name = '', kind = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
      return name === '' ? [] : [[name, kind] as const];
    }),
  );
  const samples = lines.filter((line) => line !== '' && !line.startsWith('#')).map(sampleOf);
  const value: Scrape['value'] = (name, labels = {}) =>
    samples.find(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, wanted]) => sample.labels[label] === wanted),
    )?.value;
  return { samples, kinds, value };
}

function sampleOf(line: string): Sample {
  const [, name = '', inside = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === '') throw new Error(`This is no sample: ${line}`);
  const labels = [...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', text = '']) => [
    label,
    text,
  ]);
  return { name, labels: Object.fromEntries(labels), value: Number(value) };
}
