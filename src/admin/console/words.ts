import type { Language } from './language.ts';

type Words = Readonly<Record<string, readonly [zh: string, en: string]>>;

/** The names of what the ledger and the platform's document name by a word or a number. */
const WORDS = {
  state: {
    waiting: ['待发送', 'waiting'],
    queued: ['排在前一次之后', 'queued behind an earlier change'],
    blocked: ['等其他记录', 'blocked'],
    held: ['等人处理', 'held for a person'],
    in_doubt: ['结果不明', 'in doubt'],
    accepted: ['已接受', 'accepted'],
    rejected: ['被拒', 'rejected'],
    superseded: ['被更新的取代', 'superseded'],
    unchanged: ['无变化', 'unchanged'],
    dropped: ['已放弃', 'dropped'],
    waitingInOutbox: ['在发件箱', 'in the outbox'],
    open: ['未结', 'open'],
    inDoubt: ['结果不明', 'in doubt'],
    captured: ['已捕获', 'captured'],
  },
  outcome: {
    accepted: ['已接受', 'accepted'],
    duplicate: ['平台已有', 'exists already'],
    rejected: ['被拒', 'rejected'],
    busy: ['平台忙', 'busy'],
    'not-sent': ['没有发出', 'not sent'],
    'in-doubt': ['结果不明', 'in doubt'],
    'login-refused': ['登录被拒', 'log-in refused'],
    'circuit-open': ['系统断开', 'system down'],
    incomplete: ['未完成', 'incomplete'],
    dropped: ['已放弃', 'dropped'],
  },
  entity: {
    goods: ['商品', 'goods'],
    customer: ['客户', 'customer'],
    customer_relation: ['客户关系', 'customer relation'],
    customer_discount: ['客户折扣', 'customer discount'],
    order: ['订单', 'order'],
    order_reminder: ['下单提醒', 'order reminder'],
    order_acceptance: ['接单', 'order acceptance'],
    shipment: ['发货', 'shipment'],
    receipt: ['收货', 'receipt'],
    return_request: ['退货', 'return request'],
    return_confirmation: ['退货确认', 'return confirmation'],
    goods_list_rule: ['黑白名单', 'goods list rule'],
    registration: ['注册', 'registration'],
  },
  system: {
    crm: ['CRM', 'CRM'],
    data: ['数据平台', 'data platform'],
    order: ['订单系统', 'order system'],
    logistics: ['物流系统', 'logistics system'],
  },
  status: {
    '1': ['已下单', 'placed'],
    '2': ['已接单', 'accepted by the seller'],
    '50': ['已发货', 'shipped'],
    '55': ['已收货', 'received'],
    '99': ['退货已确认', 'return confirmed'],
  },
  interface: {
    register: ['注册', 'Registration'],
    login: ['登录', 'Log-in'],
    'list-goods': ['商品上架', 'List goods'],
    customer: ['客户查增删改', 'Customers'],
    'customer-relation': ['客户关系', 'Customer relations'],
    'customer-discount': ['客户折扣', 'Customer discounts'],
    'order-reminder': ['下单提醒', 'Order reminder'],
    'place-order': ['下单', 'Place an order'],
    'query-order': ['订单查询', 'Order status, acceptance'],
    ship: ['发货', 'Shipment'],
    receive: ['收货', 'Receipt'],
    'query-logistics': ['物流查看', 'Logistics status'],
    'query-return': ['退货查看', 'Return status'],
    'confirm-return': ['退货确认', 'Return confirmation'],
    'goods-list': ['商品黑白名单', 'Goods black and white list'],
  },
  stage: {
    accept: ['接单', 'accept'],
    add: ['新增', 'add'],
    modify: ['修改', 'modify'],
    delete: ['删除', 'delete'],
    confirm: ['确认', 'confirm'],
    find: ['查找', 'find'],
    set: ['设置', 'set'],
    'remove-old': ['移除旧规则', 'remove the old one'],
    remove: ['移除', 'remove'],
    list: ['上架', 'list'],
    place: ['下单', 'place'],
    receive: ['收货', 'receive'],
    register: ['注册', 'register'],
    remind: ['提醒', 'remind'],
    cancel: ['撤销', 'cancel'],
    ship: ['发货', 'ship'],
    verify: ['核实', 'verify'],
  },
  report: {
    running: ['进行中', 'running'],
    paused: ['已暂停', 'paused'],
    done: ['完成', 'done'],
    failed: ['失败', 'failed'],
    cancelled: ['已取消', 'cancelled'],
    interrupted: ['中断', 'interrupted'],
    records: ['已交出', 'handed over'],
    total: ['总数', 'in total'],
    same: ['相同', 'same'],
    missing_on_platform: ['平台上没有', 'missing on the platform'],
    missing_in_erp: ['ERP 中已没有', 'gone in the ERP'],
    differs: ['有差异', 'differs'],
    faulty: ['ERP 数据有误', 'faulty in the ERP'],
    needs_person: ['需要人处理', 'rejected, given up or held'],
    cannot_change: ['不能修改', 'cannot be changed'],
    on_its_way: ['正在路上', 'on its way'],
    only_on_platform: ['只在平台上有', 'only on the platform'],
  },
  action: {
    'deliveries.retry': ['重试', 'retry'],
    'deliveries.drop': ['放弃', 'drop'],
    'dead.retry': ['批量重试', 'retry of many'],
    bindings: ['绑定', 'bind'],
    resync: ['重新同步', 'resync'],
    polls: ['立即执行定时任务', 'tick at once'],
    reconcile: ['核对', 'reconcile'],
    unmask: ['查看个人信息', 'look at personal data'],
    'queues.pause': ['暂停队列', 'pause a queue'],
    'queues.resume': ['恢复队列', 'resume a queue'],
  },
} as const satisfies Record<string, Words>;

/** What kind of word it is. */
export type WordKind = keyof typeof WORDS;

/** Gives a word in the chosen language; one that is not known is given as it is. */
export type Wording = (kind: WordKind, word: string) => string;

/** The words of one language. */
export function wordingOf(language: Language): Wording {
  return (kind, word) => {
    const words: Words = WORDS[kind];
    return words[word]?.[language === 'zh' ? 0 : 1] ?? word;
  };
}
