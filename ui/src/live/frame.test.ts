import { expect, it } from "vitest";
import { batch, family, subject } from "./frame";

it("reads facts as arrays and as objects alike", () => {
  const asArray = batch(
    { from: "1", facts: [["2", "campaign:c", "campaign.paused", { reason: "by_person" }, "t"]] },
    "2",
  );
  const fact = { cursor: "2", topic: "campaign:c", kind: "campaign.paused", body: { reason: "by_person" }, at: "t" };
  expect(asArray).toEqual(batch({ from: "1", facts: [fact] }, "2"));
  expect(asArray.cursor).toBe("2");
});

it("takes the last fact's cursor where the frame has no id", () => {
  expect(batch({ from: "1", facts: [["9", "sender:s", "sender.health", {}]] }, "").cursor).toBe("9");
  expect(batch({ from: "4", facts: [] }, "").cursor).toBe("4");
});

it("knows what a topic is about", () => {
  expect([family("campaign:a:b"), subject("campaign:a:b")]).toEqual(["campaign", "a:b"]);
});
