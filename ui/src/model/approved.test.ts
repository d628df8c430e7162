import { describe, expect, it } from "vitest";
import type { AtWhatsApp } from "@/reading/numbers";
import { empty, type Filling, filled, given, kept, spots, valueAt, withSpot, withValue } from "./approved";

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

describe("buttons and places", () => {
  const kinds = ["url", null, "quick_reply"];
  const shop = { ...offer, location: true, button_kinds: kinds } as unknown as AtWhatsApp;
  const [latitude, , name] = spots(shop).filter((each) => each.part === "location");
  const [go, later] = spots(shop).filter((each) => each.part === "button");
  if (!latitude || !name || !go || !later) throw new Error("fields are missing");

  it("are fields between and behind the variables", () => {
    const told = spots(shop).map((each) => `${each.part} ${"name" in each ? each.name : each.place}`);
    const place = ["latitude", "longitude", "name", "address"].map((each) => `location ${each}`);
    expect(told).toEqual([...place, "body 1", "body 2", "button 1", "button 3"]);
  });
  it("are given only while they say something, in their order", () => {
    let of: Filling = {};
    of = withSpot(withSpot(of, later, "later"), go, "{{ code }}");
    expect(of.buttons?.map((each) => each.place)).toEqual([1, 3]);
    expect(withSpot(of, later, "").buttons).toEqual([{ place: 1, kind: "url", value: "{{ code }}" }]);
    of = withSpot(withSpot(of, latitude, "6.9"), name, "Shop");
    expect([valueAt(of, latitude), valueAt(of, go)]).toEqual(["6.9", "{{ code }}"]);
    expect(withSpot(of, name, "").location).toEqual({ latitude: "6.9", longitude: "" });
  });
  it("go along to another template where it has the same", () => {
    const of = {
      buttons: [{ place: 1, kind: "url" as const, value: "a" }],
      location: { latitude: "1", longitude: "2" },
    };
    expect(kept(shop, of)).toMatchObject(of);
    const other = { ...offer, location: false, button_kinds: ["quick_reply"] } as unknown as AtWhatsApp;
    expect([kept(other, of).buttons, kept(other, of).location]).toEqual([undefined, undefined]);
  });
});
