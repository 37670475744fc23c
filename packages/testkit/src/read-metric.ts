/** The sum of a series of a process over its labels, or over those rows whose labels contain `label`.
 *  @param http where its operator's port is, e.g. `http://127.0.0.1:8080`  @throws Error when there is no such series */
export async function readMetric(http: string, series: string, label = ''): Promise<number> {
  const text = await (await fetch(`${http}/metrics`)).text();
  const rows = [...text.matchAll(new RegExp(`^${series}(\\{[^}]*\\})? (\\S+)$`, 'gm'))];
  if (rows.length === 0) throw new Error(`there is no ${series}`);
  return rows.reduce(
    (sum, [, labels = '', value]) => sum + (labels.includes(label) ? Number(value) : 0),
    0,
  );
}
