import type { PartRow } from '../erp-tables.ts';

/** One article of the trade, by its OE number, and who makes it at which price. */
type Article = {
  readonly oeNumber: string;
  readonly name: string;
  readonly offers: Readonly<Record<string, string>>;
};

/** The number on the car maker's own part, which every workshop searches by. */
const ARTICLES: readonly Article[] = [
  {
    oeNumber: '06A115561B',
    name: '机油滤清器',
    offers: { MANN: '38.50', 博世: '35.00', MAHLE: '36.80' },
  },
  { oeNumber: '04152-YZZA1', name: '机油滤清器', offers: { DENSO: '29.90', 丰田原厂: '45.00' } },
  { oeNumber: '90915-YZZD4', name: '机油滤清器', offers: { DENSO: '26.50', 丰田原厂: '39.00' } },
  { oeNumber: '15400-RTA-003', name: '机油滤清器', offers: { MANN: '33.00', 本田原厂: '48.00' } },
  { oeNumber: '11427566327', name: '机油滤清器', offers: { MANN: '62.00', 博世: '60.00' } },
  { oeNumber: '26300-35503', name: '机油滤清器', offers: { 摩比斯: '31.00' } },
  { oeNumber: '15208-65F0E', name: '机油滤清器', offers: { 博世: '25.80', 日产原厂: '42.00' } },
  { oeNumber: '17801-21050', name: '空气滤芯', offers: { DENSO: '42.00', MANN: '46.00' } },
  { oeNumber: '17220-R1A-A01', name: '空气滤芯', offers: { MANN: '51.00', 本田原厂: '88.00' } },
  {
    oeNumber: '1K0129620D',
    name: '空气滤芯',
    offers: { MANN: '68.00', 博世: '61.50', MAHLE: '64.00' },
  },
  { oeNumber: '13717532754', name: '空气滤芯', offers: { MANN: '79.00', MAHLE: '75.00' } },
  { oeNumber: '87139-0N010', name: '空调滤芯', offers: { DENSO: '36.00', 丰田原厂: '75.00' } },
  { oeNumber: '80292-SDA-A01', name: '空调滤芯', offers: { 博世: '39.00', MANN: '44.00' } },
  { oeNumber: '1K1819653B', name: '空调滤芯', offers: { 博世: '58.00', MANN: '63.00' } },
  { oeNumber: '90919-01253', name: '火花塞', offers: { DENSO: '52.00', 丰田原厂: '78.00' } },
  { oeNumber: '9807B-5617W', name: '火花塞', offers: { NGK: '46.50', 本田原厂: '69.00' } },
  { oeNumber: '101905631H', name: '火花塞', offers: { NGK: '54.00', 博世: '49.00' } },
  { oeNumber: '12120037607', name: '火花塞', offers: { NGK: '88.00', 博世: '82.00' } },
  { oeNumber: '22401-ED815', name: '火花塞', offers: { NGK: '57.00', DENSO: '55.00' } },
  {
    oeNumber: '1K0698151F',
    name: '刹车片',
    offers: { BREMBO: '268.00', 博世: '215.00', ATE: '239.00' },
  },
  { oeNumber: '04465-02220', name: '刹车片', offers: { BREMBO: '245.00', 爱德克斯: '228.00' } },
  { oeNumber: '34116858047', name: '刹车片', offers: { BREMBO: '520.00', ATE: '468.00' } },
  { oeNumber: 'D1060-JN00A', name: '刹车片', offers: { BREMBO: '259.00', 博世: '226.00' } },
  { oeNumber: '1K0615301AA', name: '刹车盘', offers: { BREMBO: '298.00', ATE: '276.00' } },
  { oeNumber: '34116792219', name: '刹车盘', offers: { BREMBO: '455.00' } },
  { oeNumber: '06B109119A', name: '正时皮带', offers: { 盖茨: '156.00', 康迪泰克: '149.00' } },
  { oeNumber: '24312-37500', name: '正时皮带', offers: { 盖茨: '132.00' } },
  { oeNumber: '1K0413031BA', name: '减震器', offers: { SACHS: '385.00', KYB: '338.00' } },
  { oeNumber: '61610427668', name: '雨刮片', offers: { 博世: '138.00', 法雷奥: '129.00' } },
  { oeNumber: '12138616153', name: '点火线圈', offers: { 博世: '188.00' } },
  { oeNumber: '90919-02244', name: '点火线圈', offers: { DENSO: '176.00' } },
];

/** The parts on the shelf: each article once for every maker. */
export function seedParts(): PartRow[] {
  return ARTICLES.flatMap(({ oeNumber, name, offers }) =>
    Object.entries(offers).map(([brand, price]) => ({ oe_number: oeNumber, name, brand, price })),
  ).map((part, index) => ({
    ...part,
    part_id: `QP-${1001 + index}`,
    quality: part.brand.endsWith('原厂') ? '原厂' : '品牌',
    stock: 6 + ((index * 37) % 90),
  }));
}
