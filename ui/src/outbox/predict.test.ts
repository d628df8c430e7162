import { expect, it } from "vitest";
import type { Link } from "@/live/line";
import type { Campaign } from "@/model/campaign";
import { seen } from "./predict";
import type { Wish } from "./queue";

const lost = { status: "lost" } as Link;
const open = { status: "open" } as Link;
const campaign = {
  id: "c",
  mode: "attended",
  state: "sending",
  activity: "sending",
  reason: null,
  stuck: false,
} as Campaign;
const click = { campaign: "c", verb: "pause" } as Wish;

it("never says Sending while the browser that attends is cut off", () => {
  expect(seen(campaign, [], lost, true)).toMatchObject({ label: "Auto-paused", predicted: true });
  expect(seen({ ...campaign, mode: "server" }, [], lost, true).label).toBe("Sending");
  expect(seen(campaign, [], lost, false).label).toBe("Sending");
  expect(seen(campaign, [], open, true).label).toBe("Sending");
});

it("shows a click as underway until it is answered", () => {
  expect(seen(campaign, [click], open, true)).toMatchObject({ label: "Pausing...", predicted: true });
  expect(seen(campaign, [{ ...click, asks: "old" }], open, true).label).toBe("Sending");
  expect(seen(campaign, [{ ...click, campaign: "other" }], open, true).label).toBe("Sending");
});
