type Rule = readonly [RegExp, (...parts: string[]) => string];

/** What the check of a record says of one of its fields. */
const FIELD_RULES: readonly Rule[] = [
  [/^is required and must be text$/, () => '必填，须为文本'],
  [/^is required and must not be empty$/, () => '必填，不能为空'],
  [/^is required: a list of order lines$/, () => '必填：订单行的列表'],
  [/^must not be empty$/, () => '不能为空'],
  [/^must be text$/, () => '须为文本'],
  [/^must have at least one line$/, () => '至少要有一行'],
  [/^must have at most (\d+) characters$/, (most) => `最多 ${most} 个字符`],
  [/^must have at most two decimal places, for example (.+)$/, (example) => `最多两位小数，例如 ${example}`],
  [/^has too many digits to be sent exactly: give at most 15$/, () => '位数太多，无法精确发送：最多 15 位'],
  [/^is too large: it must be below (\d+)$/, (limit) => `太大：须小于 ${limit}`],
  [/^must be a number, for example (.+)$/, (example) => `须为数字，例如 ${example}`],
  [
    /^must be a number such as ([\d.]+), not "(.*)"$/,
    (example, given) => `须为 ${example} 这样的数字，而不是“${given}”`,
  ],
  [/^must be a whole number, for example (.+)$/, (example) => `须为整数，例如 ${example}`],
  [/^must be true or false(?: \(or 1 or 0\))?$/, () => '须为 true 或 false（或 1、0）'],
  [/^must be greater than 0$/, () => '须大于 0'],
  [/^must not be negative; give 0 or more$/, () => '不能为负数，须为 0 或以上'],
  [
    /^must be in 折, from 0\.01 to 100, for example (.+)$/,
    (example) => `须以折为单位，0.01 至 100，例如 ${example}`,
  ],
  [/^must be "black" or "white"$/, () => '须为 "black" 或 "white"'],
  [
    /^orderKey \(the ERP order number\) or orderId \(the platform's\) is required$/,
    () => 'orderKey（ERP 订单号）与 orderId（平台订单号）至少要有一个',
  ],
  [/^Unrecognized keys?: (.+)$/, (keys) => `有不认识的字段：${keys}`],
  [/^Invalid input: expected (\w+), received (\w+)$/, (wanted, given) => `须为 ${wanted}，而不是 ${given}`],
  [/^is empty, and there is no source map.*$/, () => '为空，而且没有这类记录的来源映射'],
];

/** What the agent says of a delivery or an act. The platform's own words within it stay as they are. */
const RULES: readonly Rule[] = [
  [/^Waits for (\S+) (.+) to be at the platform\.$/, (entity, key) => `等 ${entity} ${key} 先到平台。`],
  [
    /^Waits for (\S+) (.+), which was rejected: (.*)$/,
    (entity, key, why) => `在等 ${entity} ${key}，而它被拒了：${inner(why)}`,
  ],
  [
    /^Waits for (\S+) (.+), which was dropped: (.*)$/,
    (entity, key, note) => `在等 ${entity} ${key}，而它已被放弃：${note}`,
  ],
  [
    /^Not delivered for (\d+) h\. Last: (.*)$/,
    (hours, last) => `${hours} 小时没有送达。最近一次：${inner(last)}`,
  ],
  [/^The platform is busy: (.*)$/, (words) => `平台忙：${words}`],
  [/^The platform refuses the log-in: (.*)$/, (words) => `平台拒绝登录：${words}`],
  [
    /^The platform has not acknowledged (\d+) lines of this order yet\.$/,
    (count) => `平台还有 ${count} 行没有确认。`,
  ],
  [
    /^The platform may still be at work on what was sent before\.$/,
    () => '先前发送的内容，平台可能还在处理。',
  ],
  [
    /^The system "(\w+)" is down; waiting for it\.$/,
    (system) => `平台的 ${system} 系统不可用，正在等它恢复。`,
  ],
  [
    /^The account "(.+)" is not configured .*$/,
    (account) => `没有配置账号“${account}”（CTG_ACCOUNTS_FILE，default 则为 CTG_USERNAME）。`,
  ],
  [
    /^An earlier send's effect is unknown, and the platform now refuses: (.*)$/,
    (words) => `前一次发送是否生效不明，平台现在又拒绝了：${words}`,
  ],
  [
    /^An earlier send's effect is unknown, and the platform refuses the query that would tell: (.*)$/,
    (words) => `前一次发送是否生效不明，而能够查明的查询又被平台拒绝：${words}`,
  ],
  [
    /^The platform took some lines of this order and refused the others: (.*)$/,
    (words) => `平台接受了这张订单的一部分行，拒绝了其余的：${words}`,
  ],
  [
    /^The platform holds every line of this order but has not told its order number.*$/,
    () => '这张订单的每一行平台都有了，但没有给出订单号。请在平台上查到订单号后绑定。',
  ],
  [/^The platform answered success but acknowledged no line\.$/, () => '平台回答成功，却没有确认任何一行。'],
  [
    /^The platform says that this order's key is taken, though it was never sent(?:: (.*))?$/,
    (words) => `平台说这张订单的键已被占用，而它从未发出过：${words}`,
  ],
  [
    /^The platform's id of the order(?: "(.*)")? is not known\..*$/,
    (key) => `不知道订单“${key}”的平台编号。请绑定，然后重试。`,
  ],
  [
    /^The platform's id of the customer(?: "(.*)")? is not known\..*$/,
    (key) => `不知道客户“${key}”的平台编号。请发送该客户，或绑定编号。`,
  ],
  [
    /^The platform confirmed the addition of "(.*)", but every such customer there belongs to another ERP customer\..*$/,
    (name) => `平台确认新增了“${name}”，但平台上这样的客户都已属于 ERP 的其他客户。请绑定正确的编号。`,
  ],
  [
    /^The platform confirmed the addition but does not list the customer yet\.$/,
    () => '平台确认了新增，但还查不到这个客户。',
  ],
  [
    /^The platform answered with the id (\S+), which belongs to (\S+) (.+) already\..*$/,
    (id, entity, key) =>
      `平台给出的编号 ${id} 已属于 ${entity} ${key}。请查清属于哪一条，分别绑定正确的编号。`,
  ],
  [
    /^cannot be changed on the platform: it was placed already.*$/,
    () => '平台上不能修改：已经下单，平台没有修改它的接口',
  ],
  [/^(?:An? .+) cannot be withdrawn on the platform: .*$/, () => '平台上不能撤回：平台文档没有这样的接口。'],
  [
    /^The database was restored from a backup: .*$/,
    () =>
      '数据库是从备份恢复的：它可能已经以某个现已丢失的键发出。请到平台上看：有，就绑定（或放弃这一条）；没有，就重试。',
  ],
  [
    /^The steps of this delivery led to no end\.$/,
    () => '这次投递的步骤没有尽头（本程序的缺陷，或平台的应答很反常）。',
  ],
  [/^Bound to (.+) by a person\.$/, (id) => `由人绑定到 ${id}。`],
  [/^Deleted goods are left on the list .*$/, () => '删除的商品留在平台上（CTG_GOODS_DELETE=ignore）。'],
  [/^The platform does not hold this (?:customer|rule|.+)\.$/, () => '平台上没有这条记录。'],
  [/^No reminder of this key stands at the platform\.$/, () => '平台上没有这个键的提醒。'],
  [/^No whole reply within (\d+) ms(?: \(\w+\))?$/, (ms) => `${ms} 毫秒内没有收到完整的应答`],
  [/^(?:socket hang up|read ECONNRESET)(?: \(\w+\))?$/, () => '发送途中连接断开'],
  [/^connect ECONNREFUSED (\S+)(?: \(\w+\))?$/, (address) => `连不上 ${address}：对方没有在监听`],
  [/^getaddrinfo \w+ (\S+)(?: \(\w+\))?$/, (host) => `找不到主机 ${host}`],
  [/^The reply has no status(?: \(\w+\))?$/, () => '应答没有状态'],
  [/^The reply exceeds (\d+) bytes(?: \(\w+\))?$/, (most) => `应答超过 ${most} 字节`],
  [/^waits in the outbox$/, () => '在发件箱里等待'],
  [/^delivery (\d+) \((\w+)\) carries another state$/, (id) => `投递 ${id} 带着另一种内容`],
  [
    /^delivery (\d+) is (\w+)(?:: (.*))?$/,
    (id, _state, words) => `投递 ${id} 尚未了结${words === '' ? '' : `：${inner(words)}`}`,
  ],
  [/^was accepted, but the platform does not list it$/, () => '曾被接受，但平台没有列出它'],
  [/^was sent already, and is not sent a second time$/, () => '已经发送过，不会再发一次'],
  [/^was sent already; delete it by a change of its own$/, () => '已经发送过；要删除请另写一条删除'],
  [/^its deletion was (\w+): (.*)$/, (_state, words) => `删除没有生效：${inner(words)}`],
  [/^the ledger has no record to delete it with$/, () => '账本里没有可用来删除它的记录'],
  [/^belongs to the account (.+) now$/, (account) => `现在属于账号 ${account}`],
  [/^is gone in the ERP, and the platform does not list it either$/, () => 'ERP 中已没有，平台也没有列出'],
  [
    /^is gone in the ERP, or does not meet the condition of its source map$/,
    () => 'ERP 中已没有，或不再满足来源映射的条件',
  ],
  [/^rejected: (.*)$/, (words) => `被拒：${inner(words)}`],
  [/^held: (.*)$/, (words) => `等人处理：${inner(words)}`],
  [/^dropped: (.*)$/, (words) => `已放弃：${words}`],
  [/^refused: (.*)$/, (why) => `未执行：${inner(why)}`],
  [/^Delivery (\d+) is (accepted|unchanged|superseded|dropped)\.$/, (id) => `投递 ${id} 已经了结。`],
  [/^Delivery (\d+) is (waiting|in_doubt)\.$/, (id) => `投递 ${id} 会自己继续。`],
  [/^Delivery (\d+) is closed already .*$/, (id) => `投递 ${id} 已经了结。`],
  [/^Delivery (\d+) is being sent at present\.$/, (id) => `投递 ${id} 正在发送。`],
  [
    /^Delivery (\d+) was sent and its effect is not known yet\.$/,
    (id) => `投递 ${id} 已经发出，效果尚不明。`,
  ],
  [/^There is no delivery (\d+)\.$/, (id) => `没有投递 ${id}。`],
  [/^A newer change of (\S+) (.+) exists: .*$/, (entity, key) => `${entity} ${key} 已有更新的改动。`],
  [
    /^A newer change of (\S+) (.+) is in the outbox already\.$/,
    (entity, key) => `${entity} ${key} 更新的改动已在发件箱里。`,
  ],
  [/^The id (\S+) is bound to (\S+) (.+)\.$/, (id, entity, key) => `编号 ${id} 已绑定到 ${entity} ${key}。`],
  [/^(\S+) (\S+) is bound to (.+) already\.$/, (entity, key, id) => `${entity} ${key} 已绑定到 ${id}。`],
];

/**
 * What the agent gives as a reason, in Chinese; undefined where the words are not its own (the platform's, a person's).
 * The ledger keeps reasons in one language, so that they can be searched for; people read them here.
 */
export function reasonInChinese(reason: string): string | undefined {
  return apply(RULES, reason) ?? faultsInChinese(reason);
}

/** `price: must be a number …; name: is required …` */
function faultsInChinese(reason: string): string | undefined {
  const faults = reason.split(/; (?=[\w.[\]]+: )/).map((fault) => {
    const [, field = '', words = ''] = /^([\w.[\]]+): (.+)$/.exec(fault) ?? [];
    const chinese = apply(FIELD_RULES, words);
    return chinese && `${field === 'record' ? '记录' : field}：${chinese}`;
  });
  return faults.every((fault) => fault !== undefined) ? faults.join('；') : undefined;
}

function inner(words: string): string {
  return reasonInChinese(words) ?? words;
}

function apply(rules: readonly Rule[], text: string): string | undefined {
  for (const [pattern, words] of rules) {
    const match = pattern.exec(text);
    if (match) return words(...match.slice(1).map((part) => part ?? ''));
  }
  return undefined;
}
