import { z } from 'zod';
import { defineInterface } from './interface.ts';
import { plainReply } from './replies.ts';

/**
 * 接口 2, 登录: checks an account's credentials and gives its company profile (`companyid`, `companyName`, …). The other
 * interfaces carry the credentials themselves; a log-in leaves nothing behind at the platform.
 */
export const login = defineInterface<never>({
  number: 2,
  name: 'login',
  title: '登录',
  system: 'crm',
  path: '/crm/login',
  kind: 'query',
  inDoubt: {
    en: 'A query may be asked again at any time.',
    zh: '查询随时可以再问。',
  },
  // A new user's own, when a registration is verified (接口 1); otherwise the account's are added like everywhere.
  request: z.strictObject({ username: z.string().optional(), password: z.string().optional() }),
  reply: plainReply.extend({ data: z.unknown().optional() }),
});
