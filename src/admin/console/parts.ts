import { type Html, type HtmlValue, html } from './html.ts';
import type { View } from './page.ts';
import { reasonInChinese } from './reasons-in-chinese.ts';
import type { Texts } from './texts.ts';

/** How a thing is, as its colour tells. It is always said in words too. */
export type Tone = 'good' | 'bad' | 'warn' | 'quiet' | 'plain';

const TONES: Readonly<Record<string, Tone>> = {
  accepted: 'good',
  duplicate: 'good',
  unchanged: 'quiet',
  superseded: 'quiet',
  dropped: 'quiet',
  rejected: 'bad',
  held: 'bad',
  'login-refused': 'bad',
  in_doubt: 'warn',
  'in-doubt': 'warn',
  busy: 'warn',
  'not-sent': 'warn',
  blocked: 'warn',
};

/** The tone of a state or an outcome. */
export function toneOf(word: string): Tone {
  return TONES[word] ?? 'plain';
}

/** A state in a coloured frame. */
export function pill(tone: Tone, words: string): Html {
  return html`<span class="pill ${tone}">${words}</span>`;
}

/** A delivery's state. */
export function statePill({ word }: View, state: string): Html {
  return pill(toneOf(state), word('state', state));
}

/** A table that scrolls by itself where it is wider than the screen. */
export function table(label: string, titles: readonly string[], rows: readonly Html[]): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table>
<thead><tr>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** A part of a page with its heading. */
export function panel(title: string, content: HtmlValue, aside: HtmlValue = ''): Html {
  return html`<section class="panel"><div class="head"><h2>${title}</h2>${aside}</div>${content}</section>`;
}

/** Where a record's timeline is. */
export function recordPath(record: { entity: string; key: string; account: string }): string {
  const account = record.account === 'default' ? '' : `?account=${encodeURIComponent(record.account)}`;
  return `/records/${encodeURIComponent(record.entity)}/${encodeURIComponent(record.key)}${account}`;
}

/** A link to a record's timeline. */
export function recordLink({ word }: View, record: { entity: string; key: string; account: string }): Html {
  return html`<a href="${recordPath(record)}">${word('entity', record.entity)} <b>${record.key}</b></a>`;
}

/** A duration in the units that people think in. */
export function duration(seconds: number, language: View['language']): string {
  const [s, min, h, d] = language === 'zh' ? [' 秒', ' 分', ' 小时', ' 天'] : [' s', ' min', ' h', ' d'];
  if (seconds < 10) return `${Math.round(seconds * 10) / 10}${s}`;
  if (seconds < 120) return `${Math.round(seconds)}${s}`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)}${min}`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)}${h}`;
  return `${Math.round(seconds / 86_400)}${d}`;
}

/** A count with its thousands set apart. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** A reason in the reader's language; the ledger's own words stay beside it, since people search for them. */
export function reasonWords({ language }: Pick<View, 'language'>, reason: string | null): Html {
  const chinese = language === 'zh' && reason !== null ? reasonInChinese(reason) : undefined;
  return chinese === undefined
    ? html`${reason}`
    : html`${chinese} <small class="original" lang="en">${reason}</small>`;
}

/** A sentence of the documents, whose names stand between backticks and whose stress between asterisks. */
export function documentWords(text: string): Html {
  const parts = text.split(/(`[^`]+`|\*\*[^*]+\*\*)/);
  return html`${parts.map((part) => {
    if (part.startsWith('`')) return html`<code>${part.slice(1, -1)}</code>`;
    return part.startsWith('**') ? html`<b>${part.slice(2, -2)}</b>` : part;
  })}`;
}

/** A value of a record as JSON, in lines. */
export function json(value: unknown): Html {
  return html`<pre tabindex="0">${JSON.stringify(value, null, 2) ?? '–'}</pre>`;
}

/** A link to the next page of a list. */
export function olderLink(t: Texts, path: string | undefined): Html | undefined {
  return path === undefined
    ? undefined
    : html`<p><a class="button" href="${path}" rel="next">${t('more')}</a></p>`;
}
