import { expect, test } from "vitest";
import { causeOf, sentence, time } from "./words";

test("what stands alone is a sentence, and one that is one already stays as it is", () => {
  expect(sentence("resting between messages")).toBe("Resting between messages.");
  expect(sentence("Waiting for connection...")).toBe("Waiting for connection...");
});

test("of what the server waits for the cause is told, without what stands beside it", () => {
  const said =
    "Waiting for the sender... Nobody answers at mail.example:587: connection refused; it looks again in 4 s and goes";
  expect(causeOf(said)).toBe("Nobody answers at mail.example:587: connection refused");
  expect(causeOf("outside its sending hours; it goes on in 2 h")).toBe("outside its sending hours; it goes on in 2 h");
});

test("a time is told with what it takes not to be another one", () => {
  const now = Date.parse("2026-05-01T12:00:00Z");
  expect(time("2026-05-01T12:30:00Z", now)).not.toMatch(/2026|May/);
  expect(time("2026-05-09T12:30:00Z", now)).not.toMatch(/2026/);
  expect(time("2031-05-01T12:30:00Z", now)).toMatch(/2031/);
});
