import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type DefaultTheme, defineConfig } from 'vitepress';

/** The project: the site is made of docs/ and of both READMEs, from where they lie. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const FILES = ['deploy', 'examples', 'docs/openapi', 'docs/schema', 'LICENSE', '.env.example'];

/** The pages in reading order. Those that are not named here follow by name, so that a new page needs no line. */
const ORDER = {
  start: ['getting-started', 'settings', 'sources', 'capture'],
  run: ['deployment', 'operation', 'console', 'monitoring', 'reliability', 'security', 'performance'],
  look: ['cli', 'http-api', 'tables', 'interfaces', 'compatibility'],
  build: ['architecture', 'contributing', 'dependencies', 'releasing'],
} as const;

type Section = keyof typeof ORDER | 'more';
type Language = 'en' | 'zh';

const SECTIONS: readonly Section[] = ['start', 'run', 'look', 'build', 'more'];

const TITLES: Readonly<Record<Language, Readonly<Record<Section, string>>>> = {
  en: { start: 'Beginning', run: 'Running', look: 'Reference', build: 'Building', more: 'More' },
  zh: { start: '入门', run: '运行', look: '参考', build: '开发', more: '其他' },
};

const NAMES = readdirSync(`${ROOT}docs`)
  .filter((file) => file.endsWith('.md') && !file.endsWith('.zh-CN.md'))
  .map((file) => file.replace(/\.md$/, ''));

/** The site keeps both languages beside each other, as the files lie. */
function sidebar(language: Language): DefaultTheme.SidebarItem[] {
  const sections = SECTIONS.map((section) => ({
    text: TITLES[language][section],
    items: pagesOf(section).map((name) => itemOf(name, language)),
  }));
  return sections.filter(({ items }) => items.length > 0);
}

function pagesOf(section: Section): readonly string[] {
  const placed: readonly string[] = Object.values(ORDER).flat();
  if (section === 'more') return NAMES.filter((name) => !placed.includes(name)).sort();
  return ORDER[section].filter((name) => NAMES.includes(name));
}

function itemOf(name: string, language: Language): DefaultTheme.SidebarItem {
  const page = language === 'zh' ? `${name}.zh-CN` : name;
  return { text: titleOf(page), link: `/docs/${page}` };
}

/** A page's own first heading. */
function titleOf(page: string): string {
  return /^# (.+)$/m.exec(readFileSync(`${ROOT}docs/${page}.md`, 'utf8'))?.[1] ?? page;
}

const SIDEBARS = { en: sidebar('en'), zh: sidebar('zh') };

/** Which list stands beside a page: the path of each Chinese page, then everything else. */
function sidebars(): DefaultTheme.SidebarMulti {
  const chinese = [
    '/README.zh-CN',
    ...readdirSync(`${ROOT}docs`)
      .filter((file) => file.endsWith('.zh-CN.md'))
      .map((file) => `/docs/${file.replace(/\.md$/, '')}`),
  ];
  return { ...Object.fromEntries(chinese.map((path) => [path, SIDEBARS.zh])), '/': SIDEBARS.en };
}

export default defineConfig({
  title: 'ctg-sync',
  description: '祎讯 ERP → 车同轨',
  srcDir: ROOT,
  outDir: `${ROOT}.site`,
  cacheDir: `${ROOT}node_modules/.cache/vitepress`,
  srcExclude: ['**/node_modules/**', 'test/**', 'src/**', 'bench/**', 'dist/**', '.site/**'],
  // A README is its folder's first page.
  rewrites: { 'README.md': 'index.md' },
  cleanUrls: true,
  lastUpdated: false,
  // Files of the project that are no pages: those that somebody needs to run it go into the site as they are.
  ignoreDeadLinks: [
    /\/(deploy|examples|src|test|scripts|docs\/openapi|docs\/schema)\//,
    /\/LICENSE$/,
    /\.env\.example$/,
  ],
  buildEnd: ({ outDir }) => {
    for (const file of FILES) cpSync(`${ROOT}${file}`, `${outDir}/${file}`, { recursive: true });
  },
  markdown: {
    // The anchors that the links in the Markdown have wherever else it is shown.
    anchor: { slugify: anchorOf },
  },
  themeConfig: {
    sidebar: sidebars(),
    nav: [
      { text: 'English', link: '/docs/getting-started' },
      { text: '中文', link: '/README.zh-CN' },
    ],
    search: { provider: 'local' },
    outline: [2, 3],
  },
});

/** `Where to look?` → `where-to-look`, `一切正常吗` stays. */
function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}
