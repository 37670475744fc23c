// Loaded into a process that is to be profiled: SIGUSR2 starts the profiler that HERMOD_TEST_PROFILE names, the next one stops it
// and writes HERMOD_TEST_PROFILE_FILE.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';

const kind = process.env.HERMOD_TEST_PROFILE;
const file = process.env.HERMOD_TEST_PROFILE_FILE ?? 'profile.json';
const session = new Session();
session.connect();
let isRunning = false;

process.on('SIGUSR2', () => {
  isRunning = !isRunning;
  if (kind === 'heap') {
    if (isRunning) {
      session.post('HeapProfiler.startSampling', {
        samplingInterval: 16_384,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      });
    } else {
      session.post('HeapProfiler.stopSampling', (_error, result) => {
        writeFileSync(file, JSON.stringify(result.profile));
      });
    }
    return;
  }
  if (isRunning) {
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: 250 });
    session.post('Profiler.start');
  } else {
    session.post('Profiler.stop', (_error, result) => {
      writeFileSync(file, JSON.stringify(result.profile));
    });
  }
});
