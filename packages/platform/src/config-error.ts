import type { ConfigProblem } from './config.ts';

/** What a variable names cannot be used: found while the service starts, ended like any wrong configuration (exit 78). */
export class ConfigError extends Error {
  readonly problem: ConfigProblem;

  constructor(problem: ConfigProblem, cause?: unknown) {
    super(
      `${problem.variable}: ${problem.fault}; ${problem.remedy}`,
      cause === undefined ? undefined : { cause },
    );
    this.name = 'ConfigError';
    this.problem = problem;
  }
}
