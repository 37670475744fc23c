import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, onTestFailed } from 'vitest';
import { ClusterUnderTest } from './cluster-under-test.ts';
import { type Judgement, Traffic, type TrafficOptions } from './traffic.ts';

const WARM_UP_MS = 6000;

/** A cluster for the tests of a file, and load for each test that asks for it. */
export class LoadedCluster {
  readonly #load: TrafficOptions;
  readonly #env: Readonly<Record<string, string>>;
  #cluster: ClusterUnderTest | undefined;
  #traffic: Traffic | undefined;

  /** Starts the cluster before the file's first test and ends it after the last. */
  constructor(load: TrafficOptions, env: Readonly<Record<string, string>> = {}) {
    this.#load = load;
    this.#env = env;
    beforeAll(() => this.#start());
    afterAll(() => this.#cluster?.close());
    afterEach(async () => {
      await this.#traffic?.close();
      this.#traffic = undefined;
    });
  }

  get cluster(): ClusterUnderTest {
    if (this.#cluster === undefined) throw new Error('no test runs');
    return this.#cluster;
  }

  /** Load that is yet to be started, on a cluster that is ready; ends with the test. Members' troubles are shown if it fails. */
  async openTraffic(): Promise<Traffic> {
    onTestFailed(() => console.error(this.cluster.troubles()));
    await this.cluster.allReady();
    this.#traffic = await Traffic.open(this.cluster, this.#load);
    return this.#traffic;
  }

  expectNothingLost(judgement: Judgement): void {
    expect(judgement.lost).toEqual([]);
    expect(judgement.wrongAnswers).toEqual([]);
    expect(judgement.outOfOrder).toBe(0);
    expect(this.cluster.allAlive).toBe(true);
  }

  async #start(): Promise<void> {
    this.#cluster = await ClusterUnderTest.start(undefined, this.#env);
    // Cold processes and a cold broker take seconds for what takes milliseconds later.
    const warmUp = await Traffic.open(this.#cluster, this.#load);
    warmUp.start();
    await delay(WARM_UP_MS);
    await warmUp.finish();
    await warmUp.close();
  }
}
