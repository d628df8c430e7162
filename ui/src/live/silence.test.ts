import { expect, it } from "vitest";
import { backoff, isSilent } from "./silence";

it("waits twice as long each time, up to 15 s, spread by a fifth", () => {
  const middle = [0, 1, 2, 3, 4, 5, 6, 50].map((tries) => backoff(tries, 0.5));
  expect(middle).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
  expect([backoff(1, 0), backoff(1, 1)]).toEqual([800, 1200]);
});

it("calls a silence of 6 s one, of 3 s while attending", () => {
  expect([isSilent(0, 6_000, false), isSilent(0, 6_001, false)]).toEqual([false, true]);
  expect([isSilent(0, 3_000, true), isSilent(0, 3_001, true)]).toEqual([false, true]);
});
