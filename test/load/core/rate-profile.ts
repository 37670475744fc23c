/** A stretch of time in which the rate goes evenly from one value to another. */
export type RateSegment = {
  /** Messages per second, ≥ 0. */
  readonly fromPerSec: number;
  readonly toPerSec: number;
  /** > 0 */
  readonly seconds: number;
};

type Stretch = RateSegment & {
  readonly startSec: number;
  /** Messages before it. */
  readonly startCount: number;
};

/** The offered rate over time: constant, ramps, steps, bursts and replayed files are all lists of linear segments. */
export class RateProfile {
  readonly #stretches: readonly Stretch[];
  readonly seconds: number;
  /** Messages in all. */
  readonly total: number;
  readonly peakPerSec: number;

  /** @param segments in order; repeated until `seconds` are over, the last one cut off there. Non-empty */
  constructor(segments: readonly RateSegment[], seconds: number) {
    const stretches: Stretch[] = [];
    let startSec = 0;
    let startCount = 0;
    let peakPerSec = 0;
    for (let i = 0; startSec < seconds; i += 1) {
      const segment = segments[i % segments.length];
      if (segment === undefined || !(segment.seconds > 0)) throw new Error('a segment takes time');
      const cut = cutTo(segment, seconds - startSec);
      stretches.push({ ...cut, startSec, startCount });
      startSec += cut.seconds;
      startCount += countIn(cut, cut.seconds);
      peakPerSec = Math.max(peakPerSec, cut.fromPerSec, cut.toPerSec);
    }
    this.#stretches = stretches;
    this.seconds = seconds;
    this.total = startCount;
    this.peakPerSec = peakPerSec;
  }

  /** Messages per second at a time; 0 outside. */
  rateAt(sec: number): number {
    const stretch = this.#stretches.findLast(({ startSec }) => startSec <= sec);
    if (stretch === undefined || sec >= this.seconds) return 0;
    return rateIn(stretch, sec - stretch.startSec);
  }

  /** When so many messages are due: the inverse of the integral of the rate.
   *  @param from index of the stretch to begin with: {@link stretchOf} of an earlier count
   *  @returns seconds; Infinity beyond the last message */
  timeOf(count: number, from = 0): number {
    const stretch = this.#stretches[this.stretchOf(count, from)];
    if (stretch === undefined) return Number.POSITIVE_INFINITY;
    return stretch.startSec + timeIn(stretch, count - stretch.startCount);
  }

  /** Index of the stretch in which a count is reached; their number when it never is. */
  stretchOf(count: number, from = 0): number {
    for (let i = from; i < this.#stretches.length; i += 1) {
      const next = this.#stretches[i + 1]?.startCount ?? this.total;
      if (count < next) return i;
    }
    return this.#stretches.length;
  }
}

function rateIn({ fromPerSec, toPerSec, seconds }: RateSegment, sec: number): number {
  return fromPerSec + ((toPerSec - fromPerSec) * sec) / seconds;
}

function countIn(segment: RateSegment, sec: number): number {
  return ((segment.fromPerSec + rateIn(segment, sec)) / 2) * sec;
}

// The root of `from·t + slope·t²/2 = count` in the form that is exact for a slope of 0, too.
function timeIn({ fromPerSec, toPerSec, seconds }: RateSegment, count: number): number {
  const slope = (toPerSec - fromPerSec) / seconds;
  const root = Math.sqrt(Math.max(0, fromPerSec * fromPerSec + 2 * slope * count));
  return count === 0 ? 0 : (2 * count) / (fromPerSec + root);
}

function cutTo(segment: RateSegment, seconds: number): RateSegment {
  if (segment.seconds <= seconds) return segment;
  return { fromPerSec: segment.fromPerSec, toPerSec: rateIn(segment, seconds), seconds };
}

/** What is said of a rate: `500`, `100..5000` (ramp), `500@9,5000@1` (each for so many seconds, repeated).
 *  @param seconds how long a segment without `@` lasts: all of them share it evenly
 *  @returns undefined when it cannot be read */
export function parseRate(text: string, seconds: number): RateSegment[] | undefined {
  const parts = text.split(',');
  const segments: RateSegment[] = [];
  for (const part of parts) {
    const found = /^(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?(?:@(\d+(?:\.\d+)?))?$/.exec(
      part.trim(),
    );
    if (found === null) return undefined;
    const fromPerSec = Number(found[1]);
    const lasts = found[3] === undefined ? seconds / parts.length : Number(found[3]);
    if (!(lasts > 0)) return undefined;
    segments.push({ fromPerSec, toPerSec: Number(found[2] ?? fromPerSec), seconds: lasts });
  }
  return segments;
}

/** A rate file to be replayed: lines of `second rate` (or with a comma), in order; the rate holds until the next line, that of the last line
 *  one second or as long as the line before. Empty lines and those with `#` first are skipped.
 *  @returns undefined when a line cannot be read, or the seconds do not rise */
export function parseRateFile(text: string): RateSegment[] | undefined {
  const points: { sec: number; perSec: number }[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const found = /^\s*(\d+(?:\.\d+)?)[\s,;]+(\d+(?:\.\d+)?)\s*$/.exec(line);
    if (found === null) return undefined;
    const sec = Number(found[1]);
    if (sec <= (points.at(-1)?.sec ?? -1)) return undefined;
    points.push({ sec, perSec: Number(found[2]) });
  }
  if (points.length === 0) return undefined;
  let seconds = 1;
  return points.map(({ sec, perSec }, i) => {
    const next = points[i + 1];
    if (next !== undefined) seconds = next.sec - sec;
    return { fromPerSec: perSec, toPerSec: perSec, seconds };
  });
}
