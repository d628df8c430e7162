import { expect, test } from "vitest";
import { atWall, wallTime, zones } from "./zone";

test("a wall in another zone shows its own time, in summer and in winter", () => {
  expect(wallTime("2026-07-01T10:00:00Z", "Europe/Berlin")).toBe("2026-07-01T12:00");
  expect(wallTime("2026-12-31T23:30:00Z", "Asia/Kolkata")).toBe("2027-01-01T05:00");
  expect(wallTime("2026-07-01T10:00:00Z", "Nowhere/Atall")).toBe("2026-07-01T10:00");
});

test("what a wall shows is one moment, also beside a change of the clock", () => {
  expect(atWall("2026-07-01T12:00", "Europe/Berlin").toISOString()).toBe("2026-07-01T10:00:00.000Z");
  expect(atWall("2026-01-01T05:00", "Asia/Kolkata").toISOString()).toBe("2025-12-31T23:30:00.000Z");
  expect(atWall("2026-03-29T03:30", "Europe/Berlin").toISOString()).toBe("2026-03-29T01:30:00.000Z");
  expect(atWall("2026-03-29T01:30", "Europe/Berlin").toISOString()).toBe("2026-03-29T00:30:00.000Z");
  expect(atWall("2026-07-01T12:00:47", "Europe/Berlin").toISOString()).toBe("2026-07-01T10:00:47.000Z");
  expect(atWall("2026-07-01T12:00:59.500", "UTC").toISOString()).toBe("2026-07-01T12:00:59.500Z");
  for (const zone of ["America/New_York", "Pacific/Auckland", "UTC"])
    expect(wallTime(atWall("2026-11-02T09:15", zone), zone)).toBe("2026-11-02T09:15");
});

test("a zone that this browser does not list can be chosen all the same", () => {
  expect(zones("Nowhere/Atall")).toContain("Nowhere/Atall");
  expect(zones("UTC").filter((each) => each === "UTC")).toHaveLength(1);
});
