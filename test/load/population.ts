import type { ConnectionOptions } from 'node:tls';
import { TimerWheel } from '@hermod/sip';
import { Random } from '../fuzz/random.ts';
import type { Plan } from './core/plan.ts';
import { aorOf, type LoadOptions } from './options.ts';
import { Device, type DeviceEnvironment, type DeviceOwner } from './wire/device.ts';

/** Registrations that are asked for at the same time. */
const MAX_JOINING = 200;
const TWO_32 = 0x1_0000_0000;

/** Is told about devices, and about those whose connections the plan ends. */
export interface PopulationOwner extends DeviceOwner {
  onGone(devices: readonly Device[]): void;
}

/** The devices of one process: who connects when, who breaks, who comes back. */
export class Population {
  /** By user, then by device. */
  readonly devices: readonly (readonly Device[])[];
  readonly #plan: Plan;
  readonly #options: LoadOptions;
  readonly #wheel: TimerWheel;
  readonly #random: Random;
  readonly #owner: PopulationOwner;
  readonly #churning: Device[] = [];
  readonly #joining = new Set<Device>();
  readonly #queue: Device[] = [];
  #queueHead = 0;
  #pacedSinceMs = 0;
  #paced = 0;
  #churned = 0;
  #nowMs: number;
  #action: 'join' | 'refresh' = 'join';

  /** @param owner is told about all devices, and passes {@link onRegistered} on */
  constructor(
    options: LoadOptions,
    plan: Plan,
    run: string,
    worker: number,
    owner: PopulationOwner,
    nowMs: () => number,
  ) {
    this.#options = options;
    this.#plan = plan;
    this.#owner = owner;
    this.#nowMs = nowMs();
    this.#wheel = new TimerWheel(this.#nowMs, undefined, { nowMs });
    this.#random = new Random(options.seed, 1_000_000 + worker);
    const env: DeviceEnvironment = {
      ...{ owner, nowMs, run, expiresSec: options.expiresSec, timers: this.#wheel },
      random: () => this.#random.int(TWO_32) / TWO_32,
    };
    const tls: ConnectionOptions = {
      rejectUnauthorized: !options.tlsInsecure,
      ...(options.tlsCa === undefined ? {} : { ca: options.tlsCa }),
    };
    this.devices = plan.users.map((user, local) =>
      this.#devicesOf(user, local, env, tls, plan.roleOf(local) === 'away' ? 1 : options.devices),
    );
    for (const [local, devices] of this.devices.entries()) {
      const role = plan.roleOf(local);
      if (role === 'sender' || role === 'receiver') this.#churning.push(...devices);
    }
  }

  #devicesOf(
    user: number,
    local: number,
    env: DeviceEnvironment,
    tls: ConnectionOptions,
    count: number,
  ): Device[] {
    const { targets, localAddresses, password, domain, userPrefix } = this.#options;
    const isSlow = this.#plan.roleOf(local) === 'slow';
    return Array.from({ length: count }, (_, index) => {
      const serial = user * this.#options.devices + index;
      const target = targets[serial % targets.length];
      if (target === undefined) throw new Error('no target');
      const identity = {
        ...{ user: local, index, domain, password, userName: `${userPrefix}${user}` },
        aor: aorOf(this.#options, user),
        instance: instanceOf(serial),
      };
      const localAddress = localAddresses[serial % Math.max(1, localAddresses.length)];
      return new Device(identity, target, { tls, localAddress, isSlow }, env);
    });
  }

  /** Devices that are registered, as far as they know. */
  countReady(): number {
    let ready = 0;
    for (const devices of this.devices)
      for (const device of devices) if (device.isReady) ready += 1;
    return ready;
  }

  /** Registrations that were asked for here and are not there yet. */
  get missing(): number {
    return this.#queue.length - this.#queueHead + this.#joining.size;
  }

  /** The device that a user sends with. */
  senderOf(user: number): Device {
    const device = this.devices[user]?.[0];
    if (device === undefined) throw new Error(`user ${user} has no device`);
    return device;
  }

  /** Registers everybody who is not away, at the pace that was asked for. */
  joinAll(): void {
    this.#begin('join', (role) => role !== 'away');
  }

  /** Registers once more, so that the server hands out what it has stored; who was away comes. */
  fetchAll(): void {
    for (const [user, devices] of this.devices.entries()) {
      if (this.#plan.roleOf(user) !== 'slow') continue;
      for (const device of devices) device.readSlowly(false);
    }
    this.#begin('refresh', () => true);
  }

  /** Drives timers, the pace of registrations and churn. */
  tick(nowMs: number, churnSinceMs: number | undefined): void {
    this.#nowMs = nowMs;
    this.#wheel.advance(nowMs);
    this.#advanceQueue();
    if (churnSinceMs === undefined) return;
    const due =
      ((nowMs - churnSinceMs) / 1000) * (this.#options.churnPerSec / this.#options.workers);
    for (; this.#churned + 1 <= due; this.#churned += 1) this.#churn();
  }

  /** Breaks so many of the connections at once. @returns how many */
  storm(share: number): number {
    const broken: Device[] = [];
    for (const device of this.#churning) {
      if (!device.isReady || this.#random.int(TWO_32) / TWO_32 >= share) continue;
      broken.push(device);
    }
    this.#owner.onGone(broken);
    for (const device of broken) device.break();
    return broken.length;
  }

  /** Ends every connection. */
  endAll(): void {
    this.#queueHead = this.#queue.length;
    for (const devices of this.devices) for (const device of devices) device.end();
  }

  /** A device has registered. */
  onRegistered(device: Device): void {
    this.#joining.delete(device);
    this.#advanceQueue();
  }

  #begin(action: 'join' | 'refresh', isWanted: (role: string) => boolean): void {
    this.#action = action;
    for (const [user, devices] of this.devices.entries()) {
      if (isWanted(this.#plan.roleOf(user))) this.#queue.push(...devices);
    }
    this.#pacedSinceMs = this.#nowMs;
    this.#paced = 0;
    this.#advanceQueue();
  }

  #advanceQueue(): void {
    const perSec = this.#options.registerPerSec / this.#options.workers;
    const due = 1 + ((this.#nowMs - this.#pacedSinceMs) / 1000) * perSec;
    while (this.#joining.size < MAX_JOINING && this.#paced < due) {
      const device = this.#queue[this.#queueHead];
      if (device === undefined) return;
      this.#queueHead += 1;
      this.#paced += 1;
      this.#joining.add(device);
      if (this.#action === 'join' || device.isIdle) device.join();
      else device.refresh();
    }
  }

  #churn(): void {
    const device = this.#churning[this.#random.int(this.#churning.length)];
    if (device?.isReady !== true) return;
    device.leave(() => {
      this.#owner.onGone([device]);
      device.join();
    });
  }
}

/** A name that stays the same over runs (RFC 5626 §4.1). */
function instanceOf(serial: number): string {
  return `urn:uuid:48e7a0d0-0000-4000-8000-${serial.toString(16).padStart(12, '0')}`;
}
