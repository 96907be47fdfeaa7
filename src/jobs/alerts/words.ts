import type { Bilingual } from '../../config/bilingual.ts';
import { maskPhones } from '../../config/redaction.ts';
import type { Alert, AlertRule } from '../../ledger/alert-store.ts';

/** What an alert says: its name, what is wrong, and what to do. */
export type AlertWords = {
  readonly title: Bilingual;
  readonly wrong: Bilingual;
  readonly todo: Bilingual;
};

type Facts = Pick<Alert, 'subject' | 'value' | 'detail'>;

const WORDS: Record<AlertRule, (facts: Facts) => AlertWords> = {
  balance: ({ value }) => ({
    title: { zh: '账不平', en: 'Out of balance' },
    wrong: {
      zh: `有 ${value ?? '?'} 条改动下落不明`,
      en: `${value ?? '?'} captured changes are unaccounted for`,
    },
    todo: {
      zh: '保留数据库和日志的现场，并报告',
      en: 'keep the database and the log as they are, and report it',
    },
  }),
  'no-progress': ({ value, detail }) => ({
    title: { zh: '没有进展', en: 'No progress' },
    wrong:
      detail === undefined
        ? {
            zh: `outbox 已有 ${duration(value).zh}没有移动`,
            en: `nothing was taken out of the outbox for ${duration(value).en}`,
          }
        : { zh: '队列存储没有应答', en: detail },
    todo: {
      zh: '看 /readyz 的 reasons、status 里读不了的来源映射、Redis 和日志',
      en: 'see the reasons of /readyz, unreadable source maps in status, Redis, and the log',
    },
  }),
  'login-refused': ({ subject, detail }) => ({
    title: { zh: `登录被拒：${subject}`, en: `Log-in refused: ${subject}` },
    wrong: {
      zh: `平台拒绝账号 ${subject} 登录，其发送已停止${quoted(detail, '：')}`,
      en: `the platform refuses the account ${subject}; its sends are stopped${quoted(detail, ': ')}`,
    },
    todo: {
      zh: '改正密码，再执行 ctg-sync poll logins',
      en: 'correct the password, then run ctg-sync poll logins',
    },
  }),
  'circuit-open': ({ subject }) => ({
    title: { zh: `平台不可用：${subject}`, en: `The platform is down: ${subject}` },
    wrong: {
      zh: `系统 ${subject} 已熔断，改动在账本里等着`,
      en: `the circuit of the system ${subject} is open; changes wait in the ledger`,
    },
    todo: {
      zh: '一般不用处理，恢复后自动继续；先用 ctg-sync doctor 检查网络，再联系平台',
      en: 'usually nothing, it goes on by itself; check the network with ctg-sync doctor, then ask the platform',
    },
  }),
  lag: ({ value }) => ({
    title: { zh: '延迟', en: 'Lag' },
    wrong: {
      zh: `最早的一条改动已等待 ${duration(value).zh}`,
      en: `the oldest change has been on its way for ${duration(value).en}`,
    },
    todo: {
      zh: '看 ctg-sync status：熔断、登录被拒，或挑一条旧的 ctg-sync show 实体 主键',
      en: 'see ctg-sync status: a circuit, a log-in, or ctg-sync show ENTITY KEY of an old one',
    },
  }),
  rejected: ({ value, detail }) => ({
    title: { zh: '被拒比例高', en: 'Many rejected' },
    wrong: {
      zh: `近 15 分钟有 ${value ?? '?'}% 的改动被拒${quoted(detail, '：')}`,
      en: `${value ?? '?'}% of the changes of the last 15 minutes were rejected${quoted(detail, ': ')}`,
    },
    todo: {
      zh: '看 ctg-sync dead list 里的原因，在 ERP 里改正',
      en: 'see the reasons in ctg-sync dead list, and correct the records in the ERP',
    },
  }),
};

/** What an alert says to people, in both languages. */
export function wordsOf(alert: Pick<Alert, 'rule' | 'subject' | 'value' | 'detail'>): AlertWords {
  return WORDS[alert.rule](alert);
}

/** A platform's words may name somebody; an alert goes to a group. */
function quoted(detail: string | undefined, before: string): string {
  return detail === undefined || detail === '' ? '' : `${before}${maskPhones(detail).slice(0, 120)}`;
}

function duration(seconds: number | undefined): Bilingual {
  if (seconds === undefined) return { zh: '一段时间', en: 'some time' };
  if (seconds < 120) return { zh: `${Math.round(seconds)} 秒`, en: `${Math.round(seconds)} s` };
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return { zh: `${minutes} 分钟`, en: `${minutes} min` };
  const hours = Math.round(minutes / 60);
  return { zh: `${hours} 小时`, en: `${hours} h` };
}
