// What was done, to be undone and done again. Typing on in the same field within a second is one act.

export interface History<T> {
  past: readonly T[];
  now: T;
  future: readonly T[];
  /** What was changed last, and when. */
  mark: string | null;
  at: number;
}

const MOST = 100;
const TOGETHER_MS = 1_000;

export const begun = <T>(now: T): History<T> => ({ past: [], now, future: [], mark: null, at: 0 });

/** `mark`: acts of the same one that follow each other closely are undone together; null: an act of its own. */
export function did<T>(of: History<T>, next: T, mark: string | null, at: number): History<T> {
  if (next === of.now) return of;
  const together = mark !== null && mark === of.mark && at - of.at < TOGETHER_MS && of.past.length > 0;
  const past = together ? of.past : [...of.past, of.now].slice(-MOST);
  return { past, now: next, future: [], mark, at };
}

export function undone<T>(of: History<T>): History<T> {
  const last = of.past.at(-1);
  if (last === undefined) return of;
  return { past: of.past.slice(0, -1), now: last, future: [of.now, ...of.future], mark: null, at: 0 };
}

export function redone<T>(of: History<T>): History<T> {
  const [next, ...future] = of.future;
  return next === undefined ? of : { past: [...of.past, of.now], now: next, future, mark: null, at: 0 };
}
