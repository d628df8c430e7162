import { expect, it } from "vitest";
import { marked } from "./chat";

const told = (text: string) => marked(text).map((each) => `${each.kind[0]}:${each.text}`);

it("reads WhatsApp's marks around words and leaves the others alone", () => {
  expect(told("Only *today*, _really_")).toEqual(["p:Only ", "b:today", "p:, ", "i:really"]);
  expect(told("2*3*4 and snake_case_name")).toEqual(["p:2*3*4 and snake_case_name"]);
  expect(told("~old~ <b>new</b>")).toEqual(["s:old", "p: <b>new</b>"]);
  expect(told("* not bold *")).toEqual(["p:* not bold *"]);
});
