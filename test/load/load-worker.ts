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
  #timer: NodeJS.Timeout | undefined;

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
        return;
      case 'fetch':
        this.#enter('fetching', nowMs);
        if (!this.#traffic.isComplete) this.#population.fetchAll();
        return;
      case 'count':
        this.#enter('done', nowMs);
        this.#tell({ kind: 'counted', ...this.#traffic.count(), causes: this.#causes });
        clearTimeout(this.#timer);
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

  onRegisterFailed(_device: Device, status: number): void {
    this.#interval.counts.registerFailures += 1;
    this.#because(status === 0 ? 'no answer to REGISTER' : `REGISTER: ${status}`);
    // RFC 3261 §21.4: the same request will not do, however often it is sent.
    if (this.#phase !== 'joining' || status < 400 || status > 499 || status === 480) return;
    const remedy =
      status === 401 || status === 407
        ? 'give the users a password (--password, --print-users)'
        : 'see --domain and the server’s policy';
    this.#tell({ kind: 'failed', cause: `the server answers REGISTER with ${status}: ${remedy}` });
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

  #tick(): void {
    this.#timer = setTimeout(() => this.#tick(), TICK_MS);
    const nowMs = performance.now();
    const isRunning = this.#phase === 'running' && nowMs < this.#endMs;
    const churnSinceMs = this.#startMs - this.#options.warmUpSec * 1000;
    this.#population.tick(nowMs, isRunning ? churnSinceMs : undefined);
    if (this.#phase === 'joining') this.#tickJoining(nowMs);
    else if (this.#phase !== 'joined') this.#tickRun(nowMs, isRunning);
  }

  #tickRun(nowMs: number, isRunning: boolean): void {
    this.#tellSeconds(nowMs);
    if (this.#phase === 'running' && nowMs >= this.#endMs) this.#traffic.stop();
    this.#traffic.tick(nowMs);
    const { storm } = this.#options;
    if (isRunning && storm !== undefined && !this.#stormed) {
      if (nowMs >= this.#startMs + storm.atSec * 1000) {
        this.#stormed = true;
        this.#population.storm(storm.share);
      }
    }
    this.#tickEnd(nowMs);
  }

  #tickJoining(nowMs: number): void {
    if (this.#population.missing === 0) {
      this.#enter('joined', nowMs);
      this.#tell({ kind: 'joined', record: this.#interval.take(0) });
    } else if (nowMs - this.#progressMs > JOIN_STALL_MS) {
      const causes = Object.entries(this.#causes).map(([cause, count]) => `${cause} (${count}×)`);
      const why = causes.length === 0 ? 'no answer' : causes.join(', ');
      const missing = this.#population.missing;
      this.#tell({ kind: 'failed', cause: `${missing} devices cannot register: ${why}` });
      this.#enter('done', nowMs);
    }
  }

  #tickEnd(nowMs: number): void {
    if (this.#traffic.progress !== this.#progress) {
      this.#progress = this.#traffic.progress;
      this.#progressMs = nowMs;
    }
    const stalledMs = nowMs - this.#progressMs;
    const { settleSec } = this.#options;
    if (this.#phase === 'running' && nowMs >= this.#endMs) {
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
      this.#tell({ kind: 'interval', record: this.#interval.take(this.#second) });
      this.#second += 1;
    }
  }

  #enter(phase: Phase, nowMs: number): void {
    this.#phase = phase;
    this.#phaseSinceMs = nowMs;
    this.#progressMs = nowMs;
  }

  #because(cause: string): void {
    this.#causes[cause] = (this.#causes[cause] ?? 0) + 1;
  }
}
