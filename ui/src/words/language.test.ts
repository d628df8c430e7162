import { afterEach, expect, test } from "vitest";
import { stretched } from "./invented";
import { directionOf, learn } from "./language";
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

test("an invented language is longer by two fifths, whatever shape a word has, and leaves variables alone", async () => {
  const [save, saved, heading] = [words.save, words.savedAs(3), words.kinds.heading];
  expect(await learn(["en-XA"])).toBe("en-XA");
  for (const [said, english] of [
    [words.save, save],
    [words.savedAs(3), saved],
    [words.kinds.heading, heading],
  ] as const) {
    expect(said).not.toBe(english);
    expect(said.length).toBeGreaterThanOrEqual(english.length * 1.4);
  }
  expect(stretched("Dear {{ name }}, 12:30")).toMatch(/^Dèéàár \{\{ name \}\}, 12:30/);
  expect([directionOf(await learn(["ar-XB"])), directionOf("en-XA"), directionOf("he")]).toEqual(["rtl", "ltr", "rtl"]);
});

test("nobody gets an invented language for want of another", async () => {
  expect(await learn(["ar-EG", "en-GB"])).toBe("en");
  expect(await learn(["ar"])).toBe("en");
});
