import type { SandboxState } from '../../sandbox/sandbox.ts';
import { type Compared, fieldDifferences, summarise } from './differences.ts';
import type { ErpRecords } from './erp-records.ts';

/** Every customer against the platform's (接口 4), and none of them there twice. */
export function compareCustomers({ customers }: ErpRecords, platform: SandboxState): Compared {
  const held = Object.values(platform.customers);
  const perCustomer = customers.map(({ customer_id, ...expected }) => {
    const record = `customer ${customer_id}`;
    const found = held.filter((each) => each.name === expected.name && each.phone === expected.phone);
    const [first] = found;
    if (first === undefined) return [`${record}: is not at the platform`];
    if (found.length > 1) return [`${record}: is at the platform ${found.length} times`];
    const { name, phone, address, trade } = first;
    return fieldDifferences(record, expected, { name, phone, address, trade });
  });
  const surplus = held.length - customers.length;
  return summarise(
    perCustomer,
    surplus > 0 ? [`the platform holds ${surplus} customers more than the ERP`] : [],
  );
}
