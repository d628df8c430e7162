import { afterEach, expect, test } from "vitest";
import { learn } from "./language";
import { words } from "./templates";

afterEach(() => learn([]));

const other = async () => ({
  templates: { ...words, save: "Speichern", savedAs: (version: number) => `Stand ${version}` },
});

test("the first language that there is speaks, by its region or without", async () => {
  expect([words.save, words.savedAs(3)]).toEqual(["Save", "Saved as version 3"]);
  expect(await learn(["xx", "de-AT", "en"], { de: other })).toBe("de");
  expect([words.save, words.savedAs(3)]).toEqual(["Speichern", "Stand 3"]);
});

test("English comes before what stands behind it, and is spoken when there is nothing else", async () => {
  expect(await learn(["en-GB", "de"], { de: other })).toBe("en");
  expect(await learn(["xx"])).toBe("en");
  expect(words.save).toBe("Save");
});
