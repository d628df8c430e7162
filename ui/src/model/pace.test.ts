import { describe, expect, it } from "vitest";
import type { Campaign } from "./campaign";
import { adviseServer, duration, predict, rateOf, rateText, secondsLeft } from "./pace";

const NOW = 1_000_000;
const running = (change: Partial<Campaign> = {}): Campaign =>
  ({ state: "sending", activity: "sending", rate: 0.633, eta_seconds: 7080, as_of: NOW, ...change }) as Campaign;

describe("rate and time left are never invented", () => {
  it("tells what the server told while it is young", () => {
    expect(rateText(rateOf(running(), NOW + 4_999))).toBe("38/min");
    expect(duration(secondsLeft(running(), NOW))).toBe("1 h 58 min");
  });

  it.each([
    ["older than 5 s", running(), NOW + 5_001],
    ["paused", running({ state: "paused" }), NOW],
    ["waiting for a connection", running({ activity: "waiting_for_connection" }), NOW],
    ["nothing sent lately", running({ rate: 0 }), NOW],
    ["completed", running({ state: "completed" }), NOW],
  ])("is '-' when it is %s", (_name, of, now) => {
    expect(rateText(rateOf(of, now))).toBe("-");
    expect(duration(secondsLeft(of, now))).toBe("-");
  });

  it("is told a second where minutes would be unreadable", () => {
    expect(rateText(120)).toBe("120/s");
    expect(rateText(0.05)).toBe("3/min");
  });
});

describe("the predicted end", () => {
  it("is the slower of pauses and ceiling", () => {
    expect(predict(100, { gap: 2, restEvery: 50, rest: 45, ratePerSecond: null })).toBe(290);
    expect(predict(100, { gap: 0, restEvery: 0, rest: 0, ratePerSecond: 0.5 })).toBe(200);
  });

  it("advises the server from 50 people on, and when it takes long", () => {
    expect([adviseServer(49, 100), adviseServer(50, 1), adviseServer(10, 600)]).toEqual([false, true, true]);
  });
});
