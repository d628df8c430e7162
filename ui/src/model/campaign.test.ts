import { describe, expect, it } from "vitest";
import { isResting, look } from "./campaign";

const sending = { state: "sending", reason: null, stuck: false } as const;

describe("what a campaign that sends is doing", () => {
  it("rests between groups, and sends while it only keeps a distance between two messages", () => {
    const paced = { ...sending, activity: "pacing", detail: null };
    const rests = { ...sending, activity: "pacing", detail: "resting between messages" };
    expect([isResting(paced), look(paced).label]).toEqual([false, "Sending"]);
    expect([isResting(rests), look(rests).label]).toEqual([true, "Resting"]);
  });

  it("says first that it stands still", () => {
    expect(look({ ...sending, activity: "pacing", detail: "resting between messages", stuck: true }).label).toBe(
      "Stands still",
    );
  });

  it("says what it waits for where it knows that, however long it takes", () => {
    const waits = { ...sending, activity: "waiting_for_sender", detail: "refused", stuck: true };
    expect(look(waits)).toMatchObject({ label: "Waiting for sender", tone: "red" });
    expect(look({ ...waits, stuck: false })).toMatchObject({ label: "Waiting for sender", tone: "yellow" });
  });
});
