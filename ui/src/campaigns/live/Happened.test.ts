import { expect, test } from "vitest";
import { steps } from "./Happened";

test("attempts, what was told later and decisions stand in the order of time", () => {
  const at = (minute: number) => `2026-05-01T10:0${minute}:00.000Z`;
  const attempt = { sender: "out", reason: null, code: null, words: null, intended_at: at(0) };
  const found = steps({
    tries: [
      {
        ...attempt,
        attempt: 1,
        state: "deferred",
        ended_at: at(1),
        reason: "mailbox_full",
        code: "452",
        words: "full",
      },
      { ...attempt, attempt: 2, state: "uncertain", ended_at: at(3) },
    ],
    receipts: [{ at: at(5), kind: "delivered", attempt: 2, provider: "sendgrid" }],
    decisions: [{ at: at(4), as: "send-again", by: "user:1" }],
  });
  expect(found.map((each) => each.title)).toEqual([
    "Attempt 1: Asked to come back later",
    "Attempt 2: Handed over; the answer never came",
    "Decided: send again",
    "Told later: delivered",
  ]);
  expect(found[0]?.words).toBe("by out; mailbox full; 452 full");
});
