import { afterEach, expect, test } from "vitest";
import { places } from "@/app/navigation";
import { deviceLook } from "@/model/device";
import { kinds, limits, network } from "@/senders/fields";
import { words as devices } from "./devices";
import { words as frame } from "./frame";
import { learn } from "./language";
import { words as senders } from "./senders";

afterEach(() => learn([]));

/** Every word of a catalogue with the length that other languages have. */
const longer = <Part>(of: Part): Part => {
  if (typeof of === "string") return `[${of} ~~~~]` as Part;
  if (Array.isArray(of)) return of.map(longer) as Part;
  if (of === null || typeof of !== "object") return of;
  return Object.fromEntries(Object.entries(of).map(([name, word]) => [name, longer(word)])) as Part;
};

test("tables of words are made in the language that is spoken when they are shown, not when they were loaded", async () => {
  await learn(["xx"], {
    xx: async () => ({ devices: longer({ ...devices }), frame: longer({ ...frame }), senders: longer({ ...senders }) }),
  });
  const fields = [...kinds().flatMap((each) => [each, ...each.fields]), ...limits("smtp"), ...network()];
  const labels = [
    ...places().map((each) => each.name),
    ...fields.map((each) => each.label),
    deviceLook("connected").label,
  ];
  expect(labels.length).toBeGreaterThan(50);
  expect(labels.filter((each) => !/^\[.+ ~~~~\]$/.test(each))).toEqual([]);
});
