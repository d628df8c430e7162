import { describe, expect, it } from "vitest";
import type { AtWhatsApp } from "@/reading/numbers";
import { empty, filled, given, withValue } from "./approved";

const offer = { named: false, variables: { header: [], body: ["1", "2"] } } as unknown as AtWhatsApp;
const named = { named: true, variables: { header: ["city"], body: ["customer"] } } as unknown as AtWhatsApp;

describe("values of an approved template", () => {
  it("are a list for numbers and an object for names, and keep what was typed", () => {
    expect(empty(offer, "body", ["{{ name }}"])).toEqual(["{{ name }}", ""]);
    expect(empty(offer, "header")).toBeUndefined();
    expect(empty(named, "body", ["x"])).toEqual({ customer: "x" });
    expect(empty(offer, "body", { 1: "a", customer: "b" })).toEqual(["a", ""]);
  });
  it("change one at a time", () => {
    expect(withValue(["a", "b"], 1, "2", "c")).toEqual(["a", "c"]);
    expect(withValue(undefined, 1, "2", "c")).toEqual(["", "c"]);
    expect(withValue({ customer: "a" }, 0, "customer", "b")).toEqual({ customer: "b" });
    expect(given({ customer: "a" }, 0, "customer")).toBe("a");
  });
  it("stand in the text as WhatsApp puts them", () => {
    expect(filled("Hi {{1}}, {{ 2 }} {{3}}", [{ text: "A" }, { text: "$& B" }])).toBe("Hi A, $& B {{3}}");
    expect(filled("Hi {{customer}}", [{ parameter_name: "customer", text: "A" }])).toBe("Hi A");
  });
});
