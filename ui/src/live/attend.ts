// Attended mode: the server pings, this browser answers from the event handler. Never from a timer: a hidden tab's timers
// stop after minutes, its events do not.

import { act } from "@/api/client";

const KEY = "homing.attendant";

/** This browser's own random name, the same in all its tabs. */
export function attendant(): string {
  let known = localStorage.getItem(KEY);
  if (!known) {
    known = crypto
      .getRandomValues(new Uint8Array(16))
      .reduce((sum, byte) => sum + byte.toString(16).padStart(2, "0"), "");
    localStorage.setItem(KEY, known);
  }
  return known;
}

/** Answers one ping. A lost answer is no error: the next ping comes in a second. */
export function acknowledge(n: number | undefined, campaigns: string[]): void {
  const body = { n: n ?? 0, attendant: attendant(), campaigns };
  act({ method: "POST", route: "/attend", body, patience: 2_000 }).catch(() => undefined);
}
