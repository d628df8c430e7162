// How long to wait before the next try, and how long a silence may last.

export const FIRST_RETRY_MS = 500;
export const LONGEST_RETRY_MS = 15_000;
export const SILENCE_MS = 6_000;
export const ATTENDING_SILENCE_MS = 3_000;
export const HELLO_MS = 3_000;

/** The wait before try number `tries` (from 0): doubled each time up to 15 s, spread by a fifth so that no herd forms. */
export function backoff(tries: number, fraction: number): number {
  const plain = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(tries, 10));
  return Math.round(plain * (0.8 + 0.4 * fraction));
}

/** Whether the other side has been silent for too long. `attending`: pings come each second then. */
export function isSilent(lastHeard: number, now: number, attending: boolean): boolean {
  return now - lastHeard > (attending ? ATTENDING_SILENCE_MS : SILENCE_MS);
}
