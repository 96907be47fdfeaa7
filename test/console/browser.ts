import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { describe, inject } from 'vitest';
import type { AdminSetup } from '../admin/running-admin.ts';
import { availableStores, type Store } from '../support/stores.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Runs one suite in a real Chromium. Where there is none, the run's set-up says so loudly (and fails in CI). */
export function describeInBrowser(title: string, suite: (store: Store) => void): void {
  const [store] = availableStores();
  const isThere = inject('chromiumPath') !== null && store !== undefined;
  // A browser beside an agent on a busy machine is slow; how slow is not what these tests are about.
  describe.skipIf(!isThere)(title, { timeout: 240_000 }, () => {
    if (store) suite(store);
  });
}

/** Starts the browser; root may not use its own sandbox. */
export function openBrowser(): Promise<Browser> {
  const executablePath = inject('chromiumPath') ?? '';
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** A page of the console, in Chinese, and what its browser complained of. */
export async function openPage(
  browser: Browser,
  { url }: Pick<AdminSetup, 'url'>,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const context = await browser.newContext({ locale: 'zh-CN', baseURL: url, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return { page, complaints };
}

/** The serious and critical faults that axe finds, as `rule: element`. */
export async function axeFaults(page: Page): Promise<string[]> {
  // Through the debugger: the content policy lets no page load it.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const axe = Reflect.get(globalThis, 'axe');
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }: { impact: string }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }: { id: string; nodes: { html: string }[] }) =>
        nodes.map(({ html }) => `${id}: ${html}`),
      );
  });
}
