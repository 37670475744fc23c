export { DirectoryLock } from './directory-lock.ts';
export { FileOutcomeLog, type FileOutcomeLogOptions } from './file-outcome-log.ts';
export { SegmentLog } from './segment-log.ts';
export type {
  SegmentLogOptions,
  SegmentLogProblem,
  SegmentLogStats,
} from './segment-log-options.ts';
