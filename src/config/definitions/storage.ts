import { z } from 'zod';
import { readDatabaseUrl } from '../database-url.ts';
import { readText } from '../reading.ts';
import { readRedisUrl } from '../redis-url.ts';
import {
  ACCEPTS_NAME,
  ACCEPTS_SWITCH,
  acceptsWholeNumber,
  plainName,
  setting,
  wholeNumber,
} from './setting.ts';

/** Where data lies: the ERP's database, Redis, and what is kept without them. */
export const storageSettings = {
  DATABASE_URL: setting(readText(readDatabaseUrl).optional(), {
    meaning: { en: 'The ERP’s database', zh: 'ERP 的数据库' },
    accepts: {
      en: '`postgres://`, `postgresql://`, `mysql://` or `mariadb://`',
      zh: '`postgres://`、`postgresql://`、`mysql://` 或 `mariadb://`',
    },
    unset: { en: 'embedded PGlite under `DATA_DIR`', zh: '`DATA_DIR` 下的内嵌 PGlite' },
    example: 'postgres://erp:change-me@localhost:5432/erp',
    secret: true,
  }),
  REDIS_URL: setting(readText(readRedisUrl).optional(), {
    meaning: {
      en: 'Redis for the queues: single, Sentinel or Cluster',
      zh: '队列所用的 Redis：单机、哨兵或集群',
    },
    accepts: {
      en: '`redis://`, `rediss://`, `redis+sentinel://h1,h2/name`, `redis+cluster://h1,h2` or `rediss+cluster://h1,h2`',
      zh: '`redis://`、`rediss://`、`redis+sentinel://h1,h2/name`、`redis+cluster://h1,h2` 或 `rediss+cluster://h1,h2`',
    },
    unset: {
      en: 'queues run on the PostgreSQL of `DATABASE_URL`, else embedded',
      zh: '队列运行在 `DATABASE_URL` 的 PostgreSQL 上，否则内嵌运行',
    },
    example: 'redis://localhost:6379/0',
    secret: true,
  }),
  QUEUE_PREFIX: setting(plainName().default('ctg'), {
    meaning: {
      en: 'First part of every key in Redis; on a Cluster it is hash-tagged, `{ctg}`, so that all keys share a slot',
      zh: 'Redis 中所有键的前缀；集群下写作哈希标签 `{ctg}`，使所有键位于同一槽',
    },
    accepts: ACCEPTS_NAME,
  }),
  DATA_DIR: setting(z.string().default('./data'), {
    meaning: { en: 'Directory of the embedded data', zh: '内嵌数据的目录' },
    accepts: { en: 'the path of a directory', zh: '目录路径' },
  }),
  AUTO_MIGRATE: setting(z.stringbool().default(true), {
    meaning: { en: '`start` brings the tables up to date itself', zh: '`start` 自动更新数据表结构' },
    accepts: ACCEPTS_SWITCH,
  }),
  CAPTURE_MANDATORY: setting(z.stringbool().default(false), {
    meaning: {
      en: 'Whether a statement of the ERP fails when its change cannot be captured; for triggers that are installed from then on',
      zh: '改动无法捕获时，ERP 自己的语句是否失败；对此后安装的触发器生效',
    },
    accepts: ACCEPTS_SWITCH,
  }),
  HISTORY_DAYS: setting(wholeNumber(0, 36_500).default(0), {
    meaning: {
      en: 'Days for which finished deliveries are kept; 0 keeps them for ever',
      zh: '已完成的投递保留的天数；0 表示永久保留',
    },
    accepts: acceptsWholeNumber(0, 36_500),
  }),
};
