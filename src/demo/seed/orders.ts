/** A company on the platform that sells to us. */
export type Seller = { readonly id: string; readonly name: string };

/** One line of an order, before the ERP has priced it. */
export type LineWish = {
  readonly partId: string;
  readonly seller: Seller;
  readonly amount: number;
  /** In 折: "98.50" pays 98.5 %. */
  readonly discount: string;
};

/** An order, before the ERP has priced it. */
export type OrderWish = {
  readonly orderNo: string;
  readonly message: string;
  readonly lines: readonly LineWish[];
};

const FILTERS: Seller = { id: 'E2001', name: '华东滤清器批发' };
const BRAKES: Seller = { id: 'E2002', name: '京南刹车系统' };
const IGNITION: Seller = { id: 'E2003', name: '岭南点火配件' };
const CHASSIS: Seller = { id: 'E2004', name: '江城底盘配件' };

function line(partId: string, seller: Seller, amount: number, discount = '100.00'): LineWish {
  return { partId, seller, amount, discount };
}

/** What is ordered on the first morning. */
export const FIRST_ORDERS: readonly OrderWish[] = [
  {
    orderNo: 'SO-1001',
    message: '请今天发货',
    lines: [line('QP-1001', FILTERS, 24, '98.50'), line('QP-1044', BRAKES, 4)],
  },
  { orderNo: 'SO-1002', message: '门店急用', lines: [line('QP-1030', IGNITION, 16, '95.00')] },
  {
    orderNo: 'SO-1003',
    message: '随车发票',
    lines: [line('QP-1010', FILTERS, 12), line('QP-1034', IGNITION, 8, '97.50'), line('QP-1056', CHASSIS, 2)],
  },
  { orderNo: 'SO-1004', message: '客户自提', lines: [line('QP-1047', BRAKES, 2, '92.80')] },
  {
    orderNo: 'SO-1005',
    message: '月底补货',
    lines: [line('QP-1004', FILTERS, 60, '90.00'), line('QP-1006', FILTERS, 60, '90.00')],
  },
  {
    orderNo: 'SO-1006',
    message: '请电话确认',
    lines: [line('QP-1053', CHASSIS, 3), line('QP-1051', BRAKES, 6, '96.00')],
  },
  { orderNo: 'SO-1007', message: '雨季备货', lines: [line('QP-1057', CHASSIS, 10, '99.00')] },
  {
    orderNo: 'SO-1008',
    message: '两件一起发',
    lines: [line('QP-1019', FILTERS, 5), line('QP-1041', BRAKES, 4, '95.50')],
  },
];
