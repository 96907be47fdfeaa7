// Sends to a hostile platform in a process of its own, so that its memory can be measured. Prints what each send came to.
import { loadPlatformPaths } from '../../src/config/paths.ts';
import { createGotTransport } from '../../src/platform/got-transport.ts';
import { judgeReply } from '../../src/platform/outcome.ts';
import { createUndiciTransport } from '../../src/platform/undici-transport.ts';

const [url = '', ...paths] = process.argv.slice(2);
const { patterns } = loadPlatformPaths(undefined);
const startKiB = process.resourceUsage().maxRSS;
const outcomes: Record<string, string> = {};
for (const [client, create] of Object.entries({ got: createGotTransport, undici: createUndiciTransport })) {
  const transport = create({ concurrency: 4, allowInsecure: false });
  for (const path of paths) {
    const result = await transport.send({
      system: 'data',
      url: `${url}${path}`,
      body: '{}',
      timeoutMs: 2_500,
    });
    const outcome = judgeReply(result, { patterns, verify: () => true });
    outcomes[`${client} ${path}`] = 'code' in outcome ? `${outcome.kind} ${outcome.code}` : outcome.kind;
  }
  await transport.close();
}
const grownMiB = Math.round((process.resourceUsage().maxRSS - startKiB) / 1024);
process.stdout.write(JSON.stringify({ outcomes, grownMiB }));
