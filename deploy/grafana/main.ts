// Writes the dashboards: npm run dashboards
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboardFiles } from './dashboards.ts';

const directory = join(import.meta.dirname, 'dashboards');
mkdirSync(directory, { recursive: true });
for (const [file, text] of dashboardFiles()) writeFileSync(join(directory, file), text);
