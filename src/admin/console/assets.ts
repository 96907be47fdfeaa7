import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';

const require = createRequire(import.meta.url);

const own = (file: string): string => fileURLToPath(new URL(`./assets/${file}`, import.meta.url));

/** Everything that the pages load, by its name below /assets; libraries come as their packages have them. */
const ASSETS: Readonly<Record<string, readonly [type: string, file: () => string]>> = {
  'console.css': ['text/css', () => own('console.css')],
  'console.js': ['text/javascript', () => own('console.js')],
  'icon.svg': ['image/svg+xml', () => own('icon.svg')],
  'htmx.js': ['text/javascript', () => require.resolve('htmx.org/dist/htmx.min.js')],
  'uplot.js': ['text/javascript', () => require.resolve('uplot/dist/uPlot.iife.min.js')],
  'uplot.css': ['text/css', () => require.resolve('uplot/dist/uPlot.min.css')],
};

/** `/assets/…`: styles and scripts of the console, served by the agent itself. */
export function addAssets(app: FastifyInstance): void {
  for (const [name, [type, file]] of Object.entries(ASSETS)) {
    const content = readFileSync(file());
    const etag = `"${hash('sha256', content, 'hex').slice(0, 16)}"`;
    app.get(`/assets/${name}`, async (request, reply) => {
      reply.headers({ etag, 'cache-control': 'no-cache' });
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.type(`${type}; charset=utf-8`).send(content);
    });
  }
}
