import { z } from 'zod';
import { optionalText, secretText, text } from './fields.ts';
import { type DeliveryContext, defineInterface, type Send, type Step } from './interface.ts';
import { plainReply } from './replies.ts';
import { judgeOnce, nextOnce } from './verified-once.ts';

const registration = z.strictObject({
  username: text(64),
  password: secretText,
  email: optionalText(255),
  realName: optionalText(64),
  nickName: optionalText(64),
  sex: optionalText(16),
  edu: optionalText(64),
  birth: optionalText(32),
});

type Registration = z.infer<typeof registration>;

/**
 * 接口 1, 注册: makes a user of the platform. The new user's name and password are the request's `username` and
 * `password`, in the place of the account's. A password `env:NAME` or `file:PATH` is read right before it is sent.
 */
export const register = defineInterface<Registration>({
  number: 1,
  name: 'register',
  title: '注册',
  system: 'crm',
  path: '/crm/register',
  kind: 'once',
  remark: {
    en: 'The password may be a reference, `env:NAME` or `file:PATH`; a literal one is erased once it is no longer needed.',
    zh: '密码可以是引用：`env:NAME` 或 `file:PATH`；写成明文的，用完即从发件箱和账本中抹去。',
  },
  inDoubt: {
    en: "Verified by a log-in (接口 2) with the new user's own name and password: if it works, the registration stands; else it is sent again.",
    zh: '以新用户自己的用户名和密码登录（接口 2）核实：能登录即已注册，否则重发。',
  },
  request: z.strictObject({
    username: z.string(),
    password: z.string(),
    email: z.string(),
    realName: z.string(),
    nickName: z.string(),
    sex: z.string(),
    edu: z.string(),
    birth: z.string(),
  }),
  reply: plainReply.extend({ data: z.unknown().optional() }),
  push: {
    entity: 'registration',
    record: registration,
    changeable: false,
    deletable: 'A registration cannot be withdrawn on the platform: its document has no such interface.',
    secretFields: ['password'],
    next: nextRegistration,
    // A refused log-in means that no such user stands. Registering once more is safe: a name can be taken only once.
    judge: (context, send, answer) =>
      judgeOnce(context, { send, answer }, { stands: () => true, refusedQuery: 'absent' }),
  },
});

function nextRegistration(context: DeliveryContext<Registration>): Step {
  const { username, password } = context.record;
  const change: Send = {
    kind: 'send',
    via: 'register',
    stage: 'register',
    body: { ...context.record },
    ownLogin: true,
  };
  const verify = { kind: 'send', via: 'login', body: { username, password }, ownLogin: true } as const;
  return nextOnce(context, { change, verify });
}
