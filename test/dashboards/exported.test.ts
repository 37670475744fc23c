import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dashboardFiles } from '../../deploy/grafana/dashboards.ts';
import { ROOT } from '../docs/pages.ts';

test('deploy/grafana/dashboards MUST be what `npm run dashboards` writes', () => {
  const directory = join(ROOT, 'deploy/grafana/dashboards');
  const files = dashboardFiles();
  expect(readdirSync(directory).toSorted()).toEqual(files.map(([file]) => file).toSorted());
  for (const [file, text] of files) expect(readFileSync(join(directory, file), 'utf8')).toBe(text);
});
