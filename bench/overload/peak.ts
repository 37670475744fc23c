/** Finds the highest rate at which a probe holds: doubles while it does, and then halves what is between (by ratio). A probe that does not hold is made
 *  once more: another process may have been in its way.
 *  @param firstPerSec where to begin; halved while that is too much
 *  @param precision ratio of the lowest rate that did not hold to the highest that did, above 1
 *  @returns that highest rate, whole  @throws Error when not even one per second holds */
export async function findPeak(
  probe: (perSec: number) => Promise<boolean>,
  firstPerSec: number,
  precision: number,
): Promise<number> {
  const holds = async (perSec: number): Promise<boolean> =>
    (await probe(perSec)) || (await probe(perSec));
  let good = firstPerSec;
  let bad = firstPerSec * 2;
  while (!(await holds(good))) {
    bad = good;
    good = Math.floor(good / 2);
    if (good < 1) throw new Error('not even one request per second came through');
  }
  while (bad > firstPerSec && (await holds(bad))) {
    good = bad;
    bad *= 2;
  }
  while (bad / good > precision) {
    const middle = Math.round(Math.sqrt(bad * good));
    if (middle === good || middle === bad) break;
    if (await holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
