// Loaded into a process before anything else: what metrics do for each message does nothing. The clock is still read.
import { DurationHistogram } from '@hermod/contracts';
import { MethodCounts, StatusCounts } from '../../services/edge/src/domain/answer-stats.ts';
import { ReplyPath } from '../../services/edge/src/domain/reply-path.ts';

const nothing = (): void => undefined;
DurationHistogram.prototype.observe = nothing;
MethodCounts.prototype.count = nothing;
StatusCounts.prototype.count = nothing;
ReplyPath.prototype.onFinal = nothing;
