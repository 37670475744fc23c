// Loaded into the process under test (`node --import`): while the file named by HERMOD_TEST_HOLD_SYNC exists, the log's syncs do not
// come back, as on a disk that hangs. The stores sync elsewhere.
import fs, { existsSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const POLL_MS = 10;
const path = process.env.HERMOD_TEST_HOLD_SYNC;

if (path !== undefined) {
  const sync = fs.fdatasync;
  const held = (fd: number, done: fs.NoParamCallback): void => {
    if (existsSync(path)) setTimeout(() => held(fd, done), POLL_MS);
    else sync(fd, done);
  };
  Object.assign(fs, { fdatasync: held });
  syncBuiltinESMExports();
}
