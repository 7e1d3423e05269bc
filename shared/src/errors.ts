/**
 * Errors that a user can cause and mend. Each carries a stable code and a message of one or two
 * sentences that names the thing and the remedy. Anything else that is thrown is a bug.
 */

/** Codes of {@link UserError}, append-only: scripts may match on them. */
export type UserErrorCode =
  // configuration and flags
  | 'CONFIG_UNREADABLE'
  | 'CONFIG_UNKNOWN_KEY'
  | 'CONFIG_INVALID'
  | 'CONFIG_DIFFERS'
  | 'MODEL_TOO_LARGE'
  // data sets
  | 'DATA_MISSING'
  | 'DATA_TRUNCATED'
  | 'DATA_FORMAT'
  | 'DATA_MISMATCH'
  | 'DATA_LABEL_RANGE'
  | 'DATA_EMPTY'
  | 'DATA_NOT_A_NUMBER'
  | 'DATA_CHECKSUM'
  | 'DATA_DIFFERS'
  | 'DATA_TOO_LARGE'
  | 'DATA_WEIGHT'
  // run directories and checkpoints
  | 'RUN_IN_USE'
  | 'RUN_NOT_EMPTY'
  | 'RUN_NOT_A_RUN'
  | 'RUN_NOT_WRITABLE'
  | 'DISK_FULL'
  | 'DISK_FAILED'
  | 'TOO_MANY_FILES'
  | 'CHECKPOINT_DAMAGED'
  | 'CHECKPOINT_MISSING'
  | 'CHECKPOINT_DIFFERS'
  | 'METRICS_DAMAGED'
  | 'CHECKPOINT_FOREIGN'
  // exported files
  | 'EXPORT_FORMAT'
  | 'EXPORT_EXISTS'
  | 'EXPORT_TOO_LARGE'
  | 'EXPORT_NOT_FINITE'
  // listening for workers
  | 'LISTEN_OPTION'
  | 'LISTEN_PORT_IN_USE'
  | 'LISTEN_FORBIDDEN'
  | 'LISTEN_ADDRESS'
  | 'LISTEN_CERTIFICATE'
  | 'LISTEN_PAGE'
  // joining a run
  | 'JOIN_ADDRESS'
  | 'JOIN_UNKNOWN_HOST'
  | 'JOIN_CERTIFICATE'
  | 'JOIN_NOT_A_RUN'
  | 'JOIN_REFUSED'
  | 'JOIN_FAILED'
  // comparing strategies
  | 'COMPARE_INVALID'
  | 'COMPARE_EMPTY'
  | 'COMPARE_OVER_BUDGET'
  | 'COMPARE_DIFFERS'
  // the machine
  | 'ENGINE_NOT_EXACT'
  | 'POISON_SHARD';

/** Something outside the program is wrong; the command line prints the message and exits with 2. */
export class UserError extends Error {
  readonly code: UserErrorCode;

  constructor(code: UserErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'UserError';
    this.code = code;
  }
}

/** The loss or a gradient stopped being finite; the command line exits with 3. */
export class DivergenceError extends Error {
  /** Number of steps that were applied before the one that diverged. */
  readonly step: number;

  constructor(step: number, message: string) {
    super(message);
    this.name = 'DivergenceError';
    this.step = step;
  }
}
