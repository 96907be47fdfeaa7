// The peers, plain JavaScript: their packages are the bench's own, and the project's type check must not need them.
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { PgBoss } from 'pg-boss';
import { createPost } from '../post.ts';

/** pg-boss: batches fetched by as many loops as make the concurrency. */
export async function openPgBoss(stage) {
  const post = createPost(stage);
  const boss = new PgBoss({ connectionString: stage.databaseUrl, max: 10 });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue('send');
  return {
    backlog: async (from, to) => {
      for (let start = from; start < to; start += 1000) {
        const count = Math.min(1000, to - start);
        await boss.insert(
          'send',
          Array.from({ length: count }, (_, offset) => ({ data: { index: start + offset } })),
        );
      }
      return async () => {
        let left = to - from;
        const loop = async () => {
          while (left > 0) {
            const jobs = await boss.fetch('send', { batchSize: stage.concurrency });
            if (jobs.length === 0) return;
            await Promise.all(jobs.map((job) => post(job.data.index)));
            await boss.complete(
              'send',
              jobs.map((job) => job.id),
            );
            left -= jobs.length;
          }
        };
        await Promise.all([loop(), loop()]);
      };
    },
    close: () => boss.stop({ graceful: false }),
  };
}

/** graphile-worker with its local queue, as its documents advise for many small jobs. */
export async function openGraphile(stage) {
  const post = createPost(stage);
  const utils = await makeWorkerUtils({ connectionString: stage.databaseUrl });
  await utils.migrate();
  let left = 0;
  let finished = () => undefined;
  const taskList = {
    send: async (payload) => {
      await post(payload.index);
      left -= 1;
      if (left === 0) finished();
    },
  };
  return {
    backlog: async (from, to) => {
      const specs = Array.from({ length: to - from }, (_, offset) => ({
        identifier: 'send',
        payload: { index: from + offset },
      }));
      for (let start = 0; start < specs.length; start += 1000) {
        await utils.addJobs(specs.slice(start, start + 1000));
      }
      left = to - from;
      return async () => {
        const done = new Promise((resolve) => {
          finished = resolve;
        });
        const runner = await run({
          connectionString: stage.databaseUrl,
          concurrency: stage.concurrency,
          taskList,
          noHandleSignals: true,
          logger: new Logger(() => () => undefined),
          preset: {
            worker: {
              localQueue: { size: 500 },
              completeJobBatchDelay: 0,
              failJobBatchDelay: 0,
              concurrentJobs: stage.concurrency,
              maxPoolSize: 10,
            },
          },
        });
        await done;
        await runner.stop();
      };
    },
    close: () => utils.release(),
  };
}
