import { describe, expect, test } from "vitest";
import {
  all,
  change,
  type Design,
  duplicate,
  find,
  fresh,
  freshId,
  identified,
  insert,
  move,
  placed,
  placeFor,
  pointerOf,
  readableOn,
  remove,
  step,
} from "./design";
import { begun, did, redone, undone } from "./history";

const some: Design = {
  blocks: [
    { id: "b1", kind: "heading", text: "Hello", level: 1, align: "left" },
    {
      id: "b2",
      kind: "columns",
      share: 50,
      left: [{ id: "b3", kind: "text", text: "Left", align: "left" }],
      right: [],
    },
    { id: "b4", kind: "footer", text: "", link: "Leave" },
  ],
};
const order = (of: Design) =>
  of.blocks.map((each) =>
    each.kind === "columns" ? `${each.id}(${each.left.map((b) => b.id)}|${each.right.map((b) => b.id)})` : each.id,
  );

describe("moving", () => {
  test("keys take a block through the columns and out again, as a pointer could", () => {
    const seen = [some];
    for (let more = 0; more < 6; more++) seen.push(step(seen.at(-1) as Design, "b1", 1));
    expect(seen.map((each) => order(each).join(" "))).toEqual([
      "b1 b2(b3|) b4",
      "b2(b1,b3|) b4",
      "b2(b3,b1|) b4",
      "b2(b3|b1) b4",
      "b2(b3|) b1 b4",
      "b2(b3|) b4 b1",
      "b2(b3|) b4 b1", // the end
    ]);
    expect(order(step(seen[1] as Design, "b1", -1))).toEqual(order(some));
  });

  test("columns and footers stand across the message, never in a column", () => {
    expect(order(step(some, "b4", -1))).toEqual(["b1", "b4", "b2(b3|)"]);
    expect(move(some, "b4", { of: { id: "b2", side: "left" }, at: 0 })).toBe(some);
    expect(insert(some, fresh("columns", "b9"), { of: { id: "b2", side: "left" }, at: 0 })).toBe(some);
  });

  test("a place is meant as it is while the block still stands where it was", () => {
    expect(order(move(some, "b1", { of: null, at: 2 }))).toEqual(["b2(b3|)", "b1", "b4"]);
    expect(order(move(some, "b1", { of: null, at: 1 }))).toEqual(order(some));
    expect(order(move(some, "b3", { of: { id: "b2", side: "right" }, at: 0 }))).toEqual(["b1", "b2(|b3)", "b4"]);
  });
});

test("something new stands behind what is chosen, and never under the footer by itself", () => {
  expect(placeFor(some, "b1", true)).toEqual({ of: null, at: 1 });
  expect(placeFor(some, "b3", true)).toEqual({ of: { id: "b2", side: "left" }, at: 1 });
  expect(placeFor(some, "b3", false)).toEqual({ of: null, at: 2 });
  expect(placeFor(some, null, true)).toEqual({ of: null, at: 2 });
});

test("a copy has ids of its own, its columns' blocks too", () => {
  const copied = duplicate(some, "b2");
  expect(order(copied.design)).toEqual(["b1", "b2(b3|)", `${copied.id}(b6|)`, "b4"]);
  expect(new Set(all(copied.design).map((each) => each.id)).size).toBe(all(copied.design).length);
});

test("changing and removing reach into columns and leave the old design as it was", () => {
  const before = JSON.stringify(some);
  expect(find(change(some, "b3", { text: "New" }), "b3")).toMatchObject({ text: "New" });
  expect(order(remove(some, "b3"))).toEqual(["b1", "b2(|)", "b4"]);
  expect(JSON.stringify(some)).toBe(before);
});

test("what is not said of a block by the API is what the server goes by", () => {
  const bare = {
    blocks: [
      { kind: "heading", text: "A" },
      { kind: "columns", left: [{ kind: "space" }], right: [] },
    ],
  };
  expect(identified(bare as unknown as Design).blocks).toEqual([
    { id: "b1", kind: "heading", text: "A", level: 1, align: "left" },
    { id: "b2", kind: "columns", share: 50, left: [{ id: "b3", kind: "space", height: 24 }], right: [] },
  ]);
});

test("blocks by the API need no ids, and two of one id become two", () => {
  const bare = { blocks: [{ kind: "divider" }, { id: "b1", kind: "divider" }, { id: "b1", kind: "divider" }] };
  expect(identified(bare as Design).blocks.map((each) => each.id)).toEqual(["b1", "b2", "b3"]);
  expect(freshId(some)).toBe("b5");
});

test("a block is told by its place", () => {
  expect(placed(some, "b3")).toEqual({ kind: "text", place: 1, of: 1, side: "left" });
  expect(placed(some, "b4")).toEqual({ kind: "footer", place: 3, of: 3, side: null });
  expect(pointerOf(some, "b3")).toBe("/design/blocks/1/left/0");
  expect(pointerOf(some, "b4")).toBe("/design/blocks/2");
});

test("words on a button are black or white, as the server has them", () => {
  expect([readableOn("#ffcc00"), readableOn("#0b6e5b")]).toEqual(["#000000", "#ffffff"]);
});

describe("history", () => {
  test("typing in one field is one act, another field or a pause another", () => {
    let of = begun("");
    for (const [place, text] of ["a", "ab", "abc"].entries()) of = did(of, text, "b1 text", 100 + place);
    of = did(of, "abc!", "b1 text", 5_000);
    of = did(of, "moved", null, 5_001);
    expect(of.past).toEqual(["", "abc", "abc!"]);
    expect(undone(undone(of)).now).toBe("abc");
    expect(redone(undone(of)).now).toBe("moved");
    expect(undone(undone(undone(undone(of)))).now).toBe("");
  });

  test("after something new there is nothing to do again", () => {
    const of = did(undone(did(begun("a"), "b", null, 1)), "c", null, 2);
    expect([of.future, redone(of).now]).toEqual([[], "c"]);
  });
});
