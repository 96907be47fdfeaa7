import { z } from 'zod';
import { defineInterface } from './interface.ts';
import { plainReply } from './replies.ts';

/**
 * 接口 2, 登录: checks an account's credentials and gives its company profile (`companyid`, `companyName`, …). The other
 * interfaces carry the credentials themselves; a log-in opens no session.
 */
export const login = defineInterface<never>({
  number: 2,
  name: 'login',
  title: '登录',
  system: 'crm',
  path: '/crm/login',
  kind: 'query',
  inDoubt: 'A query may be asked again at any time.',
  request: z.strictObject({}),
  reply: plainReply.extend({ data: z.unknown().optional() }),
});
