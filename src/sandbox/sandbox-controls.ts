import { type Fault, FaultBook } from './faults.ts';
import { Lifecycle, type LifecycleSettings } from './lifecycle.ts';
import { orderStatus } from './order-status.ts';
import { createOrder, findOrder, moveOrder, stepOrder } from './orders.ts';
import { type RecordedRequest, Recorder } from './recorder.ts';
import type { OrderState, SandboxState } from './sandbox-state.ts';
import { createWorld, type ResendMode, type World, type WorldSettings } from './world.ts';

export interface ControlSettings extends WorldSettings {
  readonly lifecycle: LifecycleSettings;
  readonly seed: number;
}

export interface MovedOrder {
  readonly order_id: string;
  readonly status: number;
}

/** The sandbox without its server: what it knows and how it is steered. */
export class SandboxControls {
  readonly faultBook: FaultBook;
  readonly recorder = new Recorder();
  readonly #settings: ControlSettings;
  readonly #lifecycle: Lifecycle;
  #world: World;

  constructor(settings: ControlSettings) {
    this.#settings = settings;
    this.faultBook = new FaultBook(settings.seed);
    this.#lifecycle = new Lifecycle(settings.lifecycle);
    this.#world = this.#createWorld();
  }

  /** The world of this moment; a reset puts another in its place. */
  world(): World {
    return this.#world;
  }

  /** Live: it changes with every request, until a reset starts another. */
  state(): SandboxState {
    return this.#world.state;
  }

  /** The last 1,000 requests, oldest first, passwords and sec masked. */
  requests(): RecordedRequest[] {
    return this.recorder.list();
  }

  faults(): Fault[] {
    return this.faultBook.list();
  }

  setFaults(faults: readonly Fault[]): void {
    this.faultBook.replace(faults);
  }

  clearFaults(): void {
    this.faultBook.replace([]);
  }

  setResendMode(mode: ResendMode): void {
    this.#world.resendMode = mode;
  }

  /** Forgets everything: state, requests, faults, and the accounts that registered. */
  reset(): void {
    this.stop();
    this.clearFaults();
    this.recorder.clear();
    this.#world = this.#createWorld();
  }

  /** Moves one order a step, or, without an id, every order that is not received yet. Gives those that moved. */
  advance(orderId?: string): MovedOrder[] {
    return this.#ordersToAdvance(orderId)
      .filter((order) => stepOrder(this.#world, order, 'hand'))
      .map(({ order_id, status }) => ({ order_id, status }));
  }

  /** Puts an order into a status. One that is not known is made: it came from the platform's own side. */
  setOrderStatus(orderId: string, status: number): void {
    const known = findOrder(this.#world, orderId);
    const order = known ?? createOrder(this.#world, { orderId, account: '', companyID: '' });
    moveOrder(this.#world, order, { status, by: 'hand' });
  }

  /** Stops the timers of the lifecycle. */
  stop(): void {
    this.#lifecycle.stop();
  }

  #ordersToAdvance(orderId: string | undefined): OrderState[] {
    if (orderId === undefined) {
      return Object.values(this.state().orders).filter(({ status }) => status < orderStatus.received);
    }
    const order = findOrder(this.#world, orderId);
    return order === undefined ? [] : [order];
  }

  #createWorld(): World {
    return createWorld(this.#settings, (orderId) => this.#lifecycle.follow(() => this.#world, orderId));
  }
}
