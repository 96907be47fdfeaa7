import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/settings.ts';
import { openQueueStore } from '../../src/jobs/connections.ts';
import { AGAIN_PRIORITY, deliveryJob } from '../../src/jobs/delivery-jobs.ts';
import { createQueues, type Queues } from '../../src/jobs/queues.ts';
import { describeOnEachStore, type OpenStore } from '../support/stores.ts';

const DELIVERY = { id: 1, interface: 'list-goods', entity: 'goods', entity_key: 'G-1', version: 1 };

describeOnEachStore(
  'a delivery that goes again',
  (store) => {
    let opened: OpenStore;
    let queues: Queues;
    beforeEach(async () => {
      opened = await store.open();
      const { redis, databaseUrl, queuePrefix: prefix } = loadSettings(opened.env);
      const postgresUrl = redis ? undefined : databaseUrl;
      queues = createQueues(
        await openQueueStore({ redis, postgresUrl, prefix }),
        ['list-goods'],
        pino({ level: 'silent' }),
      );
    });
    afterEach(async () => {
      await queues.close();
      await opened.drop();
    });

    it('does not stay behind new ones for ever: long overdue, it gets their priority', async () => {
      const [queue] = queues.all;
      const { name, data, opts } = deliveryJob(DELIVERY);
      await queue?.add(name, data, { ...opts, priority: AGAIN_PRIORITY });
      expect(await queues.depth('list-goods')).toMatchObject({ waiting: 0, again: 1 });
      await queues.requeueDeliveries([DELIVERY], false);
      expect(await queues.depth('list-goods')).toMatchObject({ waiting: 0, again: 1 });
      await queues.requeueDeliveries([DELIVERY], true);
      expect(await queues.depth('list-goods')).toMatchObject({ waiting: 1, again: 0 });
    });
  },
  'queues on PostgreSQL',
);
