import { z } from 'zod';
import { readBaseUrl } from '../base-url.ts';
import type { Bilingual } from '../bilingual.ts';
import { readText } from '../reading.ts';
import { ACCEPTS_FILE, ACCEPTS_SWITCH, acceptsOneOf, setting } from './setting.ts';

const ACCEPTS_URL: Bilingual = { en: 'an https: URL', zh: 'https: 地址' };
const NOT_SET: Bilingual = { en: 'not set', zh: '未设置' };
const FROM_BASE: Bilingual = { en: '`CTG_BASE_URL`', zh: '`CTG_BASE_URL`' };

function systemUrl(en: string, zh: string, name: string) {
  return setting(readText(readBaseUrl).optional(), {
    meaning: {
      en: `Base URL of the ${en}, in place of \`CTG_BASE_URL\``,
      zh: `${zh}的地址，替代 \`CTG_BASE_URL\``,
    },
    accepts: ACCEPTS_URL,
    unset: FROM_BASE,
    example: `https://${name}.ctg.example.com`,
  });
}

/** The platform (车同轨): its addresses, the account `default`, and the files that describe the rest. */
export const platformSettings = {
  CTG_BASE_URL: setting(readText(readBaseUrl).optional(), {
    meaning: {
      en: 'Base URL of the platform, for all four systems; needed to start',
      zh: '平台（车同轨）的地址，四个系统共用；启动时必需',
    },
    accepts: ACCEPTS_URL,
    unset: NOT_SET,
    example: 'https://ctg.example.com',
  }),
  CTG_CRM_URL: systemUrl('CRM system', 'CRM 系统', 'crm'),
  CTG_DATA_URL: systemUrl('data platform', '数据平台', 'data'),
  CTG_ORDER_URL: systemUrl('order system', '订单系统', 'order'),
  CTG_LOGISTICS_URL: systemUrl('logistics system', '物流系统', 'logistics'),
  CTG_ALLOW_INSECURE: setting(z.stringbool().default(false), {
    meaning: {
      en: 'Allow plain http: to a platform that is not on this machine; passwords then travel readable',
      zh: '允许以明文 http: 访问非本机的平台；此时密码以明文传输',
    },
    accepts: ACCEPTS_SWITCH,
  }),
  CTG_USERNAME: setting(z.string().optional(), {
    meaning: { en: 'User name of the account `default`', zh: '账号 `default` 的用户名' },
    accepts: { en: 'text', zh: '文本' },
    unset: NOT_SET,
    example: 'erp',
    secret: true,
  }),
  CTG_PASSWORD: setting(z.string().optional(), {
    meaning: { en: 'Password of the account `default`', zh: '账号 `default` 的密码' },
    accepts: { en: 'text', zh: '文本' },
    unset: NOT_SET,
    example: 'change-me',
    secret: true,
  }),
  CTG_SEC: setting(z.string().optional(), {
    meaning: {
      en: 'Shared secret (加密秘钥) of the account `default`',
      zh: '账号 `default` 的加密秘钥（sec）',
    },
    accepts: { en: 'text', zh: '文本' },
    unset: NOT_SET,
    example: 'change-me',
    secret: true,
  }),
  CTG_ACCOUNTS_FILE: setting(z.string().optional(), {
    meaning: { en: 'Several accounts', zh: '多个账号' },
    accepts: ACCEPTS_FILE,
    unset: { en: 'the account `default` alone', zh: '仅账号 `default`' },
    example: './accounts.yaml',
  }),
  CTG_SOURCES_FILE: setting(z.string().optional(), {
    meaning: {
      en: 'Source maps: where each entity lies in the ERP’s database',
      zh: '源映射：每种记录在 ERP 数据库中的位置',
    },
    accepts: ACCEPTS_FILE,
    unset: { en: 'records come with the change itself', zh: '记录随变更一起提供' },
    example: './sources.yaml',
  }),
  CTG_PATHS_FILE: setting(z.string().optional(), {
    meaning: {
      en: 'Other paths, time limits, op types and message patterns of the platform',
      zh: '平台的其他路径、超时、op_type 与消息匹配规则',
    },
    accepts: ACCEPTS_FILE,
    unset: { en: 'the built-in ones', zh: '使用内置值' },
    example: './paths.yaml',
  }),
  CTG_GOODS_DELETE: setting(z.enum(['stock-zero', 'ignore']).default('stock-zero'), {
    meaning: {
      en: 'What deleting a goods record does: list it with stock 0, or nothing',
      zh: '删除商品时的处理：以库存 0 上架，或不处理',
    },
    accepts: acceptsOneOf(['stock-zero', 'ignore']),
  }),
};
