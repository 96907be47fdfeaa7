import { z } from 'zod';
import { accepted, defineInterface, refused } from '../define-interface.ts';
import { credentialFields, filledText, text } from '../field-shapes.ts';
import { addAccount } from '../world.ts';

/** 接口 1, 注册: makes an account that can log in at once. */
export const register = defineInterface({
  number: 1,
  name: 'register',
  system: 'crm',
  path: '/crm/register',
  secIn: 'every reply',
  needsAccount: false,
  shape: z.strictObject({
    ...credentialFields,
    username: filledText,
    password: filledText,
    email: text.optional(),
    realName: text.optional(),
    nickName: text.optional(),
    sex: text.optional(),
    edu: text.optional(),
    birth: text.optional(),
  }),
  act: ({ world, request, effect }) => {
    const { password, sec: _sec, ...profile } = request;
    if (world.passwords.has(request.username)) return refused('注册失败,用户名已存在');
    addAccount(world, { username: request.username, password });
    const account = world.state.accounts[request.username];
    if (account !== undefined) account.registrations += 1;
    effect(request.username, profile);
    return accepted('注册成功', {
      data: { username: request.username, realName: request.realName ?? '' },
    });
  },
});
