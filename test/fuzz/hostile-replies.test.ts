import { execFile } from 'node:child_process';
import { createServer, type ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL('./hostile-child.ts', import.meta.url));
const MEBIBYTE = Buffer.alloc(1024 * 1024, ' ');
const HUNDRED = 100;

/** Answers that are meant to tie the agent up or to fill its memory. */
const ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/a-byte-a-second': (response) => {
    const timer = setInterval(() => response.write(' '), 1_000);
    response.on('close', () => clearInterval(timer));
    response.write('{');
  },
  '/a-hundred-megabytes': (response) => {
    response.setHeader('content-length', HUNDRED * MEBIBYTE.length);
    pour(response, HUNDRED);
  },
  '/a-hundred-megabytes-unannounced': (response) => pour(response, HUNDRED),
  '/a-hundred-megabytes-packed': (response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync(Buffer.alloc(HUNDRED * MEBIBYTE.length, ' ')));
  },
  '/deep': (response) => {
    response.end(`{"status":0,"data":${'['.repeat(400_000)}${']'.repeat(400_000)}}`);
  },
};

function pour(response: ServerResponse, mebibytes: number): void {
  let left = mebibytes;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= 1;
      if (!response.write(MEBIBYTE)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}

describe('a platform that means harm', () => {
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    request.resume().on('end', () => ANSWERS[request.url ?? '']?.(response));
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('gets its time and its share of memory, and no more', async () => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const args = ['--max-old-space-size=48', CHILD, `http://127.0.0.1:${port}`, ...Object.keys(ANSWERS)];
    const { stdout } = await run(process.execPath, args);
    const { outcomes, grownMiB } = JSON.parse(stdout) as {
      outcomes: Record<string, string>;
      grownMiB: number;
    };
    for (const client of ['got', 'undici']) {
      expect(outcomes[`${client} /a-byte-a-second`]).toBe('in-doubt ETIMEDOUT');
      for (const path of Object.keys(ANSWERS).slice(1, 4)) {
        expect(outcomes[`${client} ${path}`], path).toMatch(/^in-doubt (TOO_LARGE|UNREADABLE)$/);
      }
      // It says that it is accepted, and is.
      expect(outcomes[`${client} /deep`]).toBe('accepted');
    }
    expect(grownMiB).toBeLessThan(96);
  });
});
