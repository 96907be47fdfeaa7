import { z } from 'zod';
import { readBaseUrl } from '../base-url.ts';
import type { Bilingual } from '../bilingual.ts';
import { readText } from '../reading.ts';
import {
  ACCEPTS_NAME,
  ACCEPTS_SWITCH,
  acceptsOneOf,
  acceptsWholeNumber,
  plainName,
  setting,
  wholeNumber,
} from './setting.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const ACCEPTS_TOKEN: Bilingual = {
  en: 'text without spaces, at least 16 characters off loopback',
  zh: '不含空格的文本，非本机监听时至少 16 个字符',
};

function token() {
  return z
    .string()
    .regex(/^[\x21-\x7e]+$/)
    .optional();
}

/** The agent itself: its admin server, its tokens, its log. */
export const agentSettings = {
  HTTP_HOST: setting(z.string().default('127.0.0.1'), {
    meaning: { en: 'Address that the admin server listens on', zh: '管理服务监听的地址' },
    accepts: { en: 'a host name or address', zh: '主机名或地址' },
  }),
  HTTP_PORT: setting(wholeNumber(0, 65_535).default(3000), {
    meaning: { en: 'Its port; 0 takes any free one', zh: '其端口；0 表示任一空闲端口' },
    accepts: acceptsWholeNumber(0, 65_535),
  }),
  ADMIN_TOKEN: setting(token(), {
    meaning: {
      en: 'Token for everything under `/v1`, `/queues` and `/`: bearer, or basic with any user',
      zh: '访问 `/v1`、`/queues`、`/` 的令牌：bearer，或任意用户名的 basic',
    },
    accepts: ACCEPTS_TOKEN,
    unset: { en: 'none; required off loopback', zh: '无；非本机监听时必需' },
    secret: true,
  }),
  ADMIN_TOKEN_READONLY: setting(token(), {
    meaning: { en: 'Token that may look but change nothing', zh: '只读令牌：只能查看，不能修改' },
    accepts: ACCEPTS_TOKEN,
    unset: { en: 'none', zh: '无' },
    secret: true,
  }),
  INGEST_TOKEN: setting(token(), {
    meaning: { en: 'Token for `POST /v1/changes` alone', zh: '仅用于 `POST /v1/changes` 的令牌' },
    accepts: ACCEPTS_TOKEN,
    unset: { en: '`ADMIN_TOKEN`', zh: '`ADMIN_TOKEN`' },
    secret: true,
  }),
  BULL_BOARD_READONLY: setting(z.stringbool().default(false), {
    meaning: { en: 'Bull Board shows queues but changes nothing', zh: 'Bull Board 只能查看队列，不能操作' },
    accepts: ACCEPTS_SWITCH,
  }),
  CONSOLE_UNMASK: setting(z.stringbool().default(false), {
    meaning: {
      en: 'The console can show personal data (telephone, address) unmasked; every look is in the audit log',
      zh: '控制台可显示未遮盖的个人信息（电话、地址），每次查看都记入审计日志',
    },
    accepts: ACCEPTS_SWITCH,
  }),
  CTG_SYNC_URL: setting(readText(readBaseUrl).optional(), {
    meaning: {
      en: 'Address of the running agent, for the commands that act on it',
      zh: '运行中的代理的地址，供操作它的命令使用',
    },
    accepts: { en: 'an http: or https: URL', zh: 'http: 或 https: 地址' },
    unset: {
      en: 'the local one, from `HTTP_HOST` and `HTTP_PORT`',
      zh: '本机地址，取自 `HTTP_HOST` 与 `HTTP_PORT`',
    },
    example: 'http://127.0.0.1:3000',
  }),
  AGENT_ID: setting(plainName().optional(), {
    meaning: { en: 'Name of this agent in logs and locks', zh: '此代理在日志与锁中的名称' },
    accepts: ACCEPTS_NAME,
    unset: { en: 'chosen at start', zh: '启动时自动选定' },
    example: 'agent-1',
  }),
  LOG_LEVEL: setting(z.enum(LOG_LEVELS).default('info'), {
    meaning: { en: 'How much is logged', zh: '日志级别' },
    accepts: acceptsOneOf(LOG_LEVELS),
  }),
};
