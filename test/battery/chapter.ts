/**
 * What the battery is made of: chapters of checks, each a list of command lines as people type them into a
 * shell. A check has no expectation written down: what Debian's dockerd answered is one (`recordings/`).
 */
export interface Chapter {
  readonly name: string;
  /** Run first, and not recorded. */
  readonly before?: readonly string[];
  /** By title: what is looked at, and the command lines that look. They run in order, in one folder. */
  readonly checks: Readonly<Record<string, readonly string[]>>;
}

/** What one command line ended with and wrote, normalised. */
export interface Outcome {
  readonly code: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}
