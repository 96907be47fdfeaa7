/** Markup that is safe to put into a page: whatever is not markup was escaped on its way in. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template; nothing is shown of `undefined`, `null` and `false`. */
export type HtmlValue = Html | string | number | undefined | null | false | readonly HtmlValue[];

/**
 * A template whose values are escaped, unless they are markup themselves.
 *
 * @example
 * html`<a href="/records/${entity}">${name}</a>`
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const parts = strings.map((part, index) => (index === 0 ? part : render(values[index - 1]) + part));
  return new Html(parts.join(''));
}

function render(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (value === undefined || value === null || value === false) return '';
  if (typeof value === 'string' || typeof value === 'number') return escapeText(String(value));
  return value.map(render).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeText(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);
}
