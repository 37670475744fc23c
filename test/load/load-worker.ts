import type { SipRequest, SipResponse } from '@hermod/sip';
import { Interval } from './core/interval.ts';
import { Plan } from './core/plan.ts';
import type { LoadOptions } from './options.ts';
import { Population, type PopulationOwner } from './population.ts';
import type { Command, Report } from './protocol.ts';
import { Traffic } from './traffic.ts';
import type { Device } from './wire/device.ts';

const TICK_MS = 1;
/** Nobody has registered for so long: the set-up has failed. */
const JOIN_STALL_MS = 15_000;
/** Answered, but not received: nothing has come for so long, so nothing will. */
const RUN_STALL_MS = 3000;
/** Longer than the pauses between two deliveries of a drain, and than most back-offs. */
const FETCH_STALL_MS = 10_000;

type Phase = 'joining' | 'joined' | 'running' | 'settled' | 'fetching' | 'done';

/** One generator process: its devices, its messages, and what it tells the conductor each second. */
export class LoadWorker implements PopulationOwner {
  readonly #options: LoadOptions;
  readonly #tell: (report: Report) => void;
  readonly #interval = new Interval();
  readonly #population: Population;
  readonly #traffic: Traffic;
  readonly #causes: Record<string, number> = {};
  #phase: Phase = 'joining';
  #startMs = 0;
  #endMs = 0;
  #second = 0;
  #phaseSinceMs = performance.now();
  #progress = 0;
  #progressMs = performance.now();
  #stormed = false;
  #utilization = performance.eventLoopUtilization();
  #cpu = process.cpuUsage();
  #wasStopped = false;
  #isEnded = false;

  constructor(
    { options, run, worker }: Extract<Command, { kind: 'join' }>,
    tell: (report: Report) => void,
  ) {
    this.#options = options;
    this.#tell = tell;
    const plan = new Plan(options, worker);
    const nowMs = (): number => performance.now();
    this.#population = new Population(options, plan, run, worker, this, nowMs);
    const { population, interval } = { population: this.#population, interval: this.#interval };
    this.#traffic = new Traffic(options, plan, population, interval, run, worker, nowMs);
    this.#population.joinAll();
    this.#tick();
  }

  onCommand(command: Command): void {
    const nowMs = performance.now();
    switch (command.kind) {
      case 'join':
        throw new Error('joined already');
      case 'start':
        this.#startMs = command.startMs - performance.timeOrigin;
        this.#endMs = this.#startMs + this.#options.seconds * 1000;
        this.#second = -this.#options.warmUpSec;
        this.#traffic.start(this.#startMs);
        this.#enter('running', nowMs);
        return;
      case 'stop':
        this.#endMs = Math.min(this.#endMs, nowMs);
        this.#wasStopped = true;
        return;
      case 'fetch':
        this.#enter('fetching', nowMs);
        if (!this.#traffic.isComplete) this.#population.fetchAll();
        return;
      case 'count':
        this.#enter('done', nowMs);
        this.#tell({
          ...{ kind: 'counted', ...this.#traffic.count(), causes: this.#causes },
          rest: this.#interval.take(this.#second),
        });
        this.#isEnded = true;
        this.#population.endAll();
        return;
    }
  }

  onRegistered(device: Device, tookMs: number | undefined): void {
    this.#interval.counts.registered += 1;
    if (tookMs !== undefined) this.#interval.time('register', tookMs);
    this.#progressMs = performance.now();
    this.#population.onRegistered(device);
  }

  onRegisterFailed(device: Device, status: number, cause?: string): void {
    this.#interval.counts.registerFailures += 1;
    this.#because(status === 0 ? (cause ?? 'no answer to REGISTER') : `REGISTER: ${status}`);
    if (this.#phase !== 'joining') return;
    if (cause === 'ECONNREFUSED') {
      const { transport, host, port } = device.target;
      this.#fail(`nobody listens at ${transport.toLowerCase()}://${host}:${port} (--target)`);
    } else if (status === 401 || status === 407) {
      this.#fail(
        `the server asks for passwords (${status}): --password, and --print-users for its users`,
      );
    } else if (status >= 400 && status < 500) {
      // RFC 3261 §21.4: the same request will not do, however often it is sent.
      this.#fail(`the server answers REGISTER with ${status}: see --domain and its policy`);
    }
  }

  onBroken(device: Device, cause: string): void {
    this.#interval.counts.broken += 1;
    this.#because(cause);
    this.#traffic.onGone([device]);
  }

  onGone(devices: readonly Device[]): void {
    this.#traffic.onGone(devices);
  }

  onMessage(device: Device, request: SipRequest): void {
    this.#traffic.onMessage(device, request);
  }

  onResponse(device: Device, response: SipResponse): void {
    this.#traffic.onResponse(device, response);
  }

  readonly #tick = (): void => {
    const nowMs = performance.now();
    const isRunning = this.#phase === 'running' && nowMs < this.#endMs;
    const churnSinceMs = this.#startMs - this.#options.warmUpSec * 1000;
    this.#population.tick(nowMs, isRunning ? churnSinceMs : undefined);
    let isBehind = false;
    if (this.#phase === 'joining') this.#tickJoining(nowMs);
    else if (this.#phase !== 'joined') isBehind = this.#tickRun(nowMs, isRunning);
    if (this.#isEnded) return;
    if (isBehind) setImmediate(this.#tick);
    else setTimeout(this.#tick, TICK_MS);
  };

  #tickRun(nowMs: number, isRunning: boolean): boolean {
    this.#tellSeconds(nowMs);
    // What is due is sent, late as it may be.
    if (this.#wasStopped) this.#traffic.stop();
    const isBehind = this.#traffic.tick(nowMs);
    const { storm } = this.#options;
    if (isRunning && storm !== undefined && !this.#stormed) {
      if (nowMs >= this.#startMs + storm.atSec * 1000) {
        this.#stormed = true;
        this.#population.storm(storm.share);
      }
    }
    this.#tickEnd(nowMs, isBehind);
    return isBehind;
  }

  #tickJoining(nowMs: number): void {
    if (this.#population.missing === 0) {
      this.#enter('joined', nowMs);
      this.#tell({ kind: 'joined', record: this.#interval.take(0) });
    } else if (nowMs - this.#progressMs > JOIN_STALL_MS) {
      const causes = Object.entries(this.#causes).map(([cause, count]) => `${cause} (${count}×)`);
      const why = causes.length === 0 ? 'no answer' : causes.join(', ');
      const missing = this.#population.missing;
      this.#fail(`${missing} devices cannot register: ${why}`);
    }
  }

  #tickEnd(nowMs: number, isBehind: boolean): void {
    if (this.#traffic.progress !== this.#progress) {
      this.#progress = this.#traffic.progress;
      this.#progressMs = nowMs;
    }
    const stalledMs = nowMs - this.#progressMs;
    const { settleSec } = this.#options;
    if (this.#phase === 'running' && nowMs >= this.#endMs && !isBehind) {
      const isOver = nowMs >= this.#endMs + settleSec * 1000;
      const isStalled = this.#traffic.open === 0 && stalledMs > RUN_STALL_MS;
      if (!this.#traffic.isComplete && !isStalled && !isOver) return;
      this.#enter('settled', nowMs);
      this.#tell({ kind: 'settled' });
    } else if (this.#phase === 'fetching') {
      const isOver = nowMs >= this.#phaseSinceMs + settleSec * 1000;
      const isStalled = this.#population.missing === 0 && stalledMs > FETCH_STALL_MS;
      if (!this.#traffic.isComplete && !isStalled && !isOver) return;
      this.#enter('done', nowMs);
      this.#tell({ kind: 'fetched' });
    }
  }

  #tellSeconds(nowMs: number): void {
    while (nowMs >= this.#startMs + (this.#second + 1) * 1000) {
      const utilization = performance.eventLoopUtilization();
      const share = performance.eventLoopUtilization(utilization, this.#utilization).utilization;
      this.#utilization = utilization;
      this.#interval.gauges.open = this.#traffic.open;
      this.#interval.gauges.connected = this.#population.countReady();
      this.#interval.gauges.loopShare = share;
      const cpu = process.cpuUsage(this.#cpu);
      this.#cpu = process.cpuUsage();
      this.#interval.gauges.cpuSec = (cpu.user + cpu.system) / 1e6;
      this.#tell({ kind: 'interval', record: this.#interval.take(this.#second) });
      this.#second += 1;
    }
  }

  #enter(phase: Phase, nowMs: number): void {
    this.#phase = phase;
    this.#phaseSinceMs = nowMs;
    this.#progressMs = nowMs;
  }

  #fail(cause: string): void {
    this.#tell({ kind: 'failed', cause });
    this.#isEnded = true;
  }

  #because(cause: string): void {
    this.#causes[cause] = (this.#causes[cause] ?? 0) + 1;
  }
}
