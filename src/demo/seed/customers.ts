import type { CustomerRow } from '../erp-tables.ts';

const SHOPS = [
  ['顺达汽修', '上海市示例路12号', '综合维修'],
  ['鑫源汽车服务', '苏州市样例街8号', '综合维修'],
  ['老王快修', '杭州市示例路3号', '快修保养'],
  ['德宝专修', '南京市样板大道66号', '德系专修'],
  ['广本之家', '广州市示例路21号', '日系专修'],
  ['远航钣喷', '宁波市样例街5号', '钣金喷漆'],
  ['金轮轮胎', '合肥市示例路40号', '轮胎底盘'],
  ['车享家保养中心', '武汉市样板大道9号', '快修保养'],
  ['安捷汽车电器', '成都市样例街17号', '电器维修'],
  ['众诚汽修', '西安市示例路28号', '综合维修'],
  ['一路平安快修', '青岛市样例街33号', '快修保养'],
  ['恒通商用车维修', '郑州市样板大道2号', '商用车'],
] as const;

/** Workshops that buy here. Streets and telephone numbers belong to nobody. */
export function seedCustomers(): CustomerRow[] {
  return SHOPS.map(([name, address, trade], index) => ({
    customer_id: `KH-${101 + index}`,
    name,
    phone: String(13_800_000_001 + index),
    address,
    trade,
  }));
}
