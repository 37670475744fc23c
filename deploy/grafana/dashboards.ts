import { congestion } from './congestion.ts';
import { edge } from './edge.ts';
import { mailbox } from './mailbox.ts';
import { overview } from './overview.ts';
import { registrarAndRedis } from './registrar-and-redis.ts';
import { routerAndLog } from './router-and-log.ts';
import { slo } from './slo.ts';

const DASHBOARDS = {
  overview,
  edge,
  'router-and-log': routerAndLog,
  'registrar-and-redis': registrarAndRedis,
  mailbox,
  congestion,
  slo,
};

/** What is in `dashboards/`: names of files and their text. */
export function dashboardFiles(): readonly (readonly [file: string, text: string])[] {
  return Object.entries(DASHBOARDS).map(([name, make]) => [
    `${name}.json`,
    `${JSON.stringify(make(name), null, 2)}\n`,
  ]);
}
