import { expect, test } from "vitest";
import { NoAnswer, Problem } from "@/api/problem";
import { Files } from "./files";

interface Named {
  name: string;
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test("files go one after the other, and a cut one goes on with the key that it had", async () => {
  const sent: string[] = [];
  const arrived: string[] = [];
  let cut = true;
  let keys = 0;
  const files = new Files<Named, string>(
    async (going) => {
      sent.push(`${going.key} ${going.name}`);
      if (going.name === "a" && cut) throw new NoAnswer();
      return going.name;
    },
    () => `k${++keys}`,
    (made) => arrived.push(made),
  );
  files.add({ name: "a" }, { name: "b" });
  await settled();
  expect(arrived).toEqual(["b"]);
  expect(files.list().map((each) => each.state)).toEqual(["cut"]);
  cut = false;
  files.again();
  await settled();
  expect(sent).toEqual(["k1 a", "k2 b", "k1 a"]);
  expect(arrived).toEqual(["b", "a"]);
  expect(files.list()).toEqual([]);
});

test.each([
  [new NoAnswer(), "cut"],
  [new Problem(500, "internal", "a fault over there"), "cut"],
  [new Problem(409, "idempotency_in_flight", "the first try is still being worked on"), "cut"],
  [new Problem(409, "suppressed", "They wrote STOP."), "failed"],
  [new Problem(422, "bad_type", "this is no picture"), "failed"],
])("%s leaves a file %s", async (error, state) => {
  const files = new Files<Named>(
    () => Promise.reject(error),
    () => "k",
  );
  files.add({ name: "a" });
  await settled();
  expect(files.list()[0]).toMatchObject({ state, words: error.message });
  if (state === "cut") return;
  files.again();
  expect(files.list()[0]?.state).toBe("failed");
  files.again("k");
  await settled();
  files.drop("k");
  expect(files.list()).toEqual([]);
});
