import type { SandboxState } from '../../sandbox/sandbox.ts';
import type { PartRow } from '../erp-tables.ts';
import { type Compared, fieldDifferences, summarise } from './differences.ts';
import type { ErpRecords } from './erp-records.ts';

/** Every part against its listing (接口 3). */
export function compareGoods({ parts }: ErpRecords, platform: SandboxState): Compared {
  const listings = new Map(Object.values(platform.goods).map((each) => [each.goods_ID, each.lastBody]));
  const perPart = parts.map((part) => {
    const listing = listings.get(part.part_id);
    const record = `part ${part.part_id}`;
    return listing
      ? fieldDifferences(record, listingOf(part), listing)
      : [`${record}: is not at the platform`];
  });
  const known = new Set(parts.map((part) => part.part_id));
  const strangers = [...listings.keys()].filter((id) => !known.has(id));
  return summarise(
    perPart,
    strangers.map((id) => `part ${id}: is at the platform, but not in the ERP`),
  );
}

function listingOf(part: PartRow): Record<string, unknown> {
  return {
    oeid: part.oe_number,
    stock: part.stock,
    price: Number(part.price),
    quality: part.quality,
    info: { goods_name: part.name, goods_ID: part.part_id, goods_brand: part.brand },
  };
}
