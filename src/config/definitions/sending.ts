import { validate } from 'node-cron';
import { z } from 'zod';
import { misread, type Reading, readText, understood } from '../reading.ts';
import { ACCEPTS_SWITCH, acceptsOneOf, acceptsWholeNumber, setting, wholeNumber } from './setting.ts';

function readCron(text: string): Reading<string> {
  return validate(text)
    ? understood(text)
    : misread(`"${text}" is not a cron expression`, 'write five or six fields, such as */5 * * * * *');
}

function readCronOrOff(text: string): Reading<string> {
  return text === 'off' ? understood(text) : readCron(text);
}

/** How changes are sent, retried and polled. */
export const sendingSettings = {
  CONCURRENCY: setting(wholeNumber(1, 1024).default(64), {
    meaning: { en: 'Sends at once', zh: '同时发送的数量' },
    accepts: acceptsWholeNumber(1, 1024),
  }),
  CTG_RATE_LIMIT: setting(wholeNumber(0, 100_000).default(0), {
    meaning: { en: 'Sends per second per system; 0 is no limit', zh: '每个系统每秒的发送数；0 表示不限' },
    accepts: acceptsWholeNumber(0, 100_000),
  }),
  CTG_TIMEOUT_MS: setting(wholeNumber(1, 600_000).default(15_000), {
    meaning: {
      en: 'Time limit of one send, in milliseconds; after a time-out the platform gets as long again before it is asked',
      zh: '单次发送的超时，毫秒；超时之后，再给平台同样长的时间才去询问',
    },
    accepts: acceptsWholeNumber(1, 600_000),
  }),
  CTG_HTTP_CLIENT: setting(z.enum(['got', 'undici']).default('got'), {
    meaning: {
      en: 'HTTP client; `undici` needs a fraction of the processor time, for large backfills',
      zh: 'HTTP 客户端；`undici` 占用的处理器时间少得多，适合大批量补传',
    },
    accepts: acceptsOneOf(['got', 'undici']),
  }),
  SENDERS: setting(wholeNumber(1, 64).default(1), {
    meaning: {
      en: 'Sending processes of one agent, which share its `CONCURRENCY` and `CTG_RATE_LIMIT`; for more than one processor core',
      zh: '一个代理的发送进程数，共用它的 `CONCURRENCY` 与 `CTG_RATE_LIMIT`；用于多个处理器核',
    },
    accepts: acceptsWholeNumber(1, 64),
  }),
  RETRY_MAX_AGE_HOURS: setting(z.coerce.number().positive().max(87_600).default(72), {
    meaning: {
      en: 'Hours after which a change that still fails becomes a dead letter',
      zh: '持续失败的变更在多少小时后成为死信',
    },
    accepts: { en: 'a number above 0, at most 87600', zh: '大于 0、不超过 87600 的数' },
  }),
  RETRY_MAX_DELAY_MS: setting(wholeNumber(1, 86_400_000).default(300_000), {
    meaning: {
      en: 'Longest pause between two attempts, in milliseconds',
      zh: '两次尝试之间的最长间隔，毫秒',
    },
    accepts: acceptsWholeNumber(1, 86_400_000),
  }),
  BACKFILL_RATE_LIMIT: setting(wholeNumber(0, 100_000).default(0), {
    meaning: {
      en: 'Records per second that a backfill (`resync --all`) hands over; 0: as fast as they are sent',
      zh: '全量重发（`resync --all`）每秒交出的记录数；0 表示发送多快就多快',
    },
    accepts: acceptsWholeNumber(0, 100_000),
  }),
  POLL_RATE_LIMIT: setting(wholeNumber(1, 100_000).default(100), {
    meaning: { en: 'Status polls per second per system, at most', zh: '每个系统每秒最多的状态查询数' },
    accepts: acceptsWholeNumber(1, 100_000),
  }),
  POLL_CRON: setting(readText(readCron).default('*/5 * * * * *'), {
    meaning: { en: 'Tick of the pollers (node-cron, with seconds)', zh: '轮询的节拍（node-cron，含秒）' },
    accepts: { en: 'a cron expression', zh: 'cron 表达式' },
  }),
  MIRROR_CRON: setting(readText(readCronOrOff).default('0 30 3 * * *'), {
    meaning: {
      en: 'When customers, relations and discounts are read from the platform into `ctg_mirror`; `off`: never',
      zh: '何时把平台上的客户、客户关系和客户折扣读入 `ctg_mirror`；`off` 表示从不',
    },
    accepts: { en: 'a cron expression or `off`', zh: 'cron 表达式或 `off`' },
  }),
  // Off: it reads every record of the ERP, and when that suits its database only its operator knows.
  RECONCILE_CRON: setting(readText(readCronOrOff).default('off'), {
    meaning: {
      en: 'When every entity that has a source map is compared with the platform; `off`: never',
      zh: '何时把有来源映射的各类记录与平台核对；`off` 表示从不',
    },
    accepts: { en: 'a cron expression or `off`', zh: 'cron 表达式或 `off`' },
  }),
  RECONCILE_REPAIR: setting(z.stringbool().default(false), {
    meaning: {
      en: 'The comparison of `RECONCILE_CRON` also repairs what it finds, except what is sent only once (orders and the like)',
      zh: '`RECONCILE_CRON` 的核对同时修复差异；只发送一次的记录（订单等）除外',
    },
    accepts: ACCEPTS_SWITCH,
  }),
};
