import { expect, test } from "vitest";
import { NoAnswer, Problem } from "@/api/problem";
import { isOnlyHere, type Medium, tagOf, Uploads } from "./queue";

const made = (name: string): Medium => ({
  id: name,
  name,
  content_type: "image/png",
  size_bytes: 1,
  width: 1200,
  height: 300,
  url: `https://mail.example.org/m/${name}`,
  path: `/m/${name}`,
  created_at: null,
});
const file = (name: string) => new File(["x"], name);
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test("files go one after the other, and a cut one goes on with the key that it had", async () => {
  const keys: string[] = [];
  let cut = true;
  const arrived: string[] = [];
  let n = 0;
  const uploads = new Uploads(
    async (going) => {
      keys.push(going.key);
      if (going.name === "a.png" && cut) throw new NoAnswer();
      return made(going.name);
    },
    () => `k${n++}`,
    (each) => arrived.push(each.name),
  );
  uploads.add([file("a.png"), file("b.png")]);
  await settled();
  expect(arrived).toEqual(["b.png"]);
  expect(uploads.list().map((each) => each.state)).toEqual(["cut"]);
  cut = false;
  uploads.again();
  await settled();
  expect(arrived).toEqual(["b.png", "a.png"]);
  expect(keys).toEqual(["k0", "k1", "k0"]);
  expect(uploads.list()).toEqual([]);
});

test("what the server refuses stays with its reason until a person drops it", async () => {
  const uploads = new Uploads(
    () => Promise.reject(new Problem(422, "bad_type", "this is no picture")),
    () => "k",
  );
  uploads.add([file("a.svg")]);
  await settled();
  expect(uploads.list()[0]).toMatchObject({ state: "failed", words: "this is no picture" });
  uploads.again();
  expect(uploads.list()[0]?.state).toBe("failed");
  uploads.drop("k");
  expect(uploads.list()).toEqual([]);
});

test("a picture stands in a message by its public address, and its name breaks nothing", () => {
  expect(tagOf({ ...made("a.png"), name: 'Our "logo" {{ x }}.png' })).toBe(
    '<img src="https://mail.example.org/m/a.png" alt="Our  logo     x   " width="600" style="max-width:100%;height:auto">',
  );
  expect(isOnlyHere("http://127.0.0.1:8700/m/x")).toBe(true);
  expect(isOnlyHere("https://mail.example.org/m/x")).toBe(false);
});
