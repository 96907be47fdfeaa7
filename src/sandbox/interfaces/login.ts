import { z } from 'zod';
import { accepted, defineInterface } from '../define-interface.ts';
import { credentialFields } from '../field-shapes.ts';

/** 接口 2, 登录: the company profile. Its failure carries no `sec`. */
export const login = defineInterface({
  number: 2,
  name: 'login',
  system: 'crm',
  path: '/crm/login',
  secIn: 'success',
  shape: z.strictObject(credentialFields),
  act: ({ world, account }) => {
    const company = world.state.accounts[account];
    return accepted('登录成功', {
      data: {
        companyName: company?.companyName ?? '',
        companyAddress: '上海市示例路1号',
        companyid: company?.companyid ?? '',
        username: account,
        tell: account,
        legalMan: '示例法人',
      },
    });
  },
});
