import { type Html, html } from './html.ts';
import type { Page, View } from './page.ts';
import type { TextName } from './texts.ts';

type Frame = {
  readonly view: View;
  readonly page: Page;
  readonly url: string;
  readonly version: string;
  readonly agent: string;
};

const SECTIONS: readonly (readonly [TextName, string])[] = [
  ['overview', '/'],
  ['search', '/search'],
  ['person', '/person'],
  ['reconcile', '/reconcile'],
  ['backfills', '/backfills'],
  ['interfaces', '/interfaces'],
  ['audit', '/audit'],
  ['queues', '/queues'],
];

/** htmx neither evaluates text nor writes styles into the page: the content policy allows neither. */
const HTMX =
  '{"includeIndicatorStyles":false,"allowEval":false,"historyEnabled":false,"selfRequestsOnly":true}';

/** Puts a page into the frame that all have: navigation, search, language. */
export function layOut({ view, page, url, version, agent }: Frame): Html {
  const { t, language } = view;
  return html`<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="htmx-config" content="${HTMX}">
<title>${page.title} · ctg-sync</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/uplot.css?${version}">
<link rel="stylesheet" href="/assets/console.css?${version}">
<script src="/assets/htmx.js?${version}" defer></script>
<script src="/assets/uplot.js?${version}" defer></script>
<script src="/assets/console.js?${version}" defer></script>
</head>
<body>
<a class="skip" href="#main">${t('skip')}</a>
<header class="top">
<a class="brand" href="/"><span class="mark" aria-hidden="true"></span>ctg-sync</a>
${searchBox(view)}
<span class="grow"></span>
${view.mayAct ? '' : html`<span class="pill quiet" title="${t('readOnlyWhy')}">${t('readOnly')}</span>`}
<a class="language" lang="${language === 'zh' ? 'en' : 'zh-CN'}" href="${otherLanguage(url, language)}">${t('otherLanguage')}</a>
</header>
<nav class="sections" aria-label="${t('navigation')}"><ul>
${SECTIONS.map(([name, path]) => html`<li><a href="${path}"${current(name === page.section)}>${t(name)}</a></li>`)}
</ul></nav>
<main id="main" tabindex="-1">
<div id="live" data-refresh="${page.refresh}" hx-get="${url}" hx-trigger="refresh" hx-select="#live" hx-swap="outerHTML">
${page.body}
<p class="made">${t('updated')} ${clock(new Date())}</p>
</div>
</main>
<footer>ctg-sync ${version} · ${agent}</footer>
<div id="notice" role="status" aria-live="polite"></div>
</body>
</html>`;
}

function current(isCurrent: boolean): Html | undefined {
  return isCurrent ? html` aria-current="page"` : undefined;
}

function searchBox({ t }: View): Html {
  return html`<form class="find" action="/search" role="search">
<label class="hidden" for="find">${t('search')}</label>
<input id="find" name="q" type="search" placeholder="${t('searchHint')}" autocomplete="off" spellcheck="false" maxlength="191" aria-keyshortcuts="/">
<button class="hidden" type="submit">${t('searchButton')}</button>
</form>`;
}

/** The same page in the other language. */
function otherLanguage(url: string, language: string): string {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  query.set('lang', language === 'zh' ? 'en' : 'zh');
  return `${url.split('?')[0]}?${query}`;
}

/** A moment; the browser shows it in its own time zone. */
export function clock(at: Date | null | undefined): Html {
  if (!at) return html`–`;
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(5, 19).replace('T', ' ')}Z</time>`;
}
