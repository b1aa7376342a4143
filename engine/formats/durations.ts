/**
 * Times for people, as `docker ps` prints them. Pure. Source: go-units `HumanDuration`.
 */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const MONTH = 30 * DAY;
const YEAR = 365 * DAY;

/** `Less than a second`, `5 seconds`, `About a minute`, `3 hours`, `2 weeks`. */
export function humanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / 1000);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < MINUTE) return `${seconds} seconds`;
  const minutes = Math.trunc(seconds / MINUTE);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(seconds / HOUR);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (seconds < 2 * WEEK) return `${Math.trunc(seconds / DAY)} days`;
  if (seconds < 2 * MONTH) return `${Math.trunc(seconds / WEEK)} weeks`;
  if (seconds < 2 * YEAR) return `${Math.trunc(seconds / MONTH)} months`;
  return `${Math.trunc(seconds / YEAR)} years`;
}

/** `500ms`, `1.5s`, `1m30s`. Source: Go `time.Duration.String`. */
export function goDuration(durationMs: number): string {
  if (durationMs < 1000) return `${durationMs}ms`;
  const seconds = durationMs / 1000;
  const hours = Math.trunc(seconds / HOUR);
  const minutes = Math.trunc((seconds % HOUR) / MINUTE);
  const rest = `${Number((seconds % MINUTE).toFixed(9))}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
