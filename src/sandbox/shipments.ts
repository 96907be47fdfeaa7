import { passes } from './paging.ts';
import type { ShipmentState } from './sandbox-state.ts';

/** How interfaces 11 and 12 name a shipment beside its order. */
export interface ShipmentNaming {
  readonly logistics_ID?: string | number | undefined;
  readonly logistics_name?: string | undefined;
  readonly logistics_order?: string | undefined;
}

/**
 * Whether a request names the shipment rightly. Ids that the platform's side invented are known to nobody, so any
 * naming of those is taken.
 */
export function namesShipment(naming: ShipmentNaming, shipment: ShipmentState): boolean {
  if (shipment.invented) return true;
  return (
    passes(naming.logistics_ID, shipment.logistics_ID) &&
    passes(naming.logistics_name, shipment.logistics_name) &&
    passes(naming.logistics_order, shipment.logistics_order)
  );
}
