import { orderStatus } from './order-status.ts';
import { findOrder, stepOrder } from './orders.ts';
import type { World } from './world.ts';

export interface LifecycleSettings {
  readonly auto: boolean;
  readonly stepMs: number;
}

/** Moves orders by themselves, placed → accepted → shipped → received, one step every `stepMs`. */
export class Lifecycle {
  readonly #settings: LifecycleSettings;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(settings: LifecycleSettings) {
    this.#settings = settings;
  }

  /** Plans the next step of an order. The timers never keep a process alive. */
  follow(world: () => World, orderId: string): void {
    if (!this.#settings.auto) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (stepTowardsReceipt(world(), orderId)) this.follow(world, orderId);
    }, this.#settings.stepMs);
    timer.unref();
    this.#timers.add(timer);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

function stepTowardsReceipt(world: World, orderId: string): boolean {
  const order = findOrder(world, orderId);
  if (order === undefined || order.status >= orderStatus.received) return false;
  return stepOrder(world, order, 'lifecycle');
}
