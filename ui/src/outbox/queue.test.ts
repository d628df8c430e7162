import { beforeEach, describe, expect, it } from "vitest";
import { NoAnswer, Problem } from "@/api/problem";
import { type Answer, OLD_MS, Outbox, type Wish } from "./queue";

class Shelf {
  kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
}

const wish = (key: string, change: Partial<Wish> = {}): Wish => ({
  key,
  at: 0,
  method: "POST",
  route: "/campaigns/c/pause",
  label: key,
  campaign: "c",
  verb: "pause",
  control: 1,
  replay: "silent",
  ...change,
});

let shelf: Shelf;
let sent: string[];
let away: boolean;
let now: number;
let version: number;
const send = async (each: Wish) => {
  if (away) throw new NoAnswer();
  if (each.key === "refused") throw new Problem(409, "conflict", "it is over");
  if (each.key === "late") throw new Problem(412, "precondition_failed", "changed");
  sent.push(each.key);
  return { id: each.campaign };
};
const open = () =>
  new Outbox(
    shelf,
    "box",
    send,
    async () => version,
    () => now,
  );

beforeEach(() => {
  shelf = new Shelf();
  sent = [];
  away = true;
  now = 0;
  version = 1;
});

const put = async (box: Outbox, ...wishes: Wish[]) => {
  for (const each of wishes) box.put(each);
  await new Promise((done) => setTimeout(done, 5));
};

describe("the outbox", () => {
  it("keeps clicks over a reload and sends them in order when the server is back", async () => {
    await put(open(), wish("a"), wish("b"), wish("c"));
    expect(sent).toEqual([]);
    away = false;
    const reopened = open();
    await reopened.replay();
    expect(sent).toEqual(["a", "b", "c"]);
    expect(reopened.list()).toEqual([]);
    await open().replay();
    expect(sent).toEqual(["a", "b", "c"]);
  });

  it("asks again before a resume that is older than 10 minutes, and keeps what stands behind it going", async () => {
    const box = open();
    await put(box, wish("old", { verb: "resume", replay: "ask" }), wish("next", { at: OLD_MS }));
    now = OLD_MS + 1;
    away = false;
    await box.replay();
    expect(sent).toEqual(["next"]);
    expect(box.list()[0]?.asks).toMatch(/10 minutes ago/);
    box.confirm("old", 1);
    await new Promise((done) => setTimeout(done, 5));
    expect(sent).toEqual(["next", "old"]);
  });

  it("asks again when somebody else has changed the campaign meanwhile", async () => {
    const box = open();
    await put(box, wish("mine", { verb: "cancel", replay: "ask" }));
    now = 60_000;
    version = 2;
    away = false;
    await box.replay();
    expect(sent).toEqual([]);
    expect(box.list()[0]?.asks).toMatch(/somebody else/);
    box.drop("mine");
    expect(box.list()).toEqual([]);
  });

  it("replays a pause whatever happened since", async () => {
    const box = open();
    await put(box, wish("pause"));
    now = OLD_MS * 3;
    version = 9;
    away = false;
    await box.replay();
    expect(sent).toEqual(["pause"]);
  });

  it("asks again for what was in flight when the server died, and drops nothing", async () => {
    const box = open();
    away = false;
    const calls: (() => void)[] = [];
    const stuck = new Outbox(
      shelf,
      "box",
      async (each) => {
        if (sent.length === 0 && calls.length === 0) throw new Problem(409, "idempotency_in_flight", "in flight");
        return send(each);
      },
      async () => version,
      () => now,
      (call) => calls.push(call),
    );
    expect(box.list()).toEqual([]);
    await put(stuck, wish("answer"));
    expect([sent, stuck.list().length, calls.length]).toEqual([[], 1, 1]);
    calls[0]?.();
    await new Promise((done) => setTimeout(done, 5));
    expect([sent, stuck.list().length]).toEqual([["answer"], 0]);
  });

  it("tells a refusal and goes on; a 412 is put to the person", async () => {
    away = false;
    const box = open();
    const answers: Answer[] = [];
    box.onAnswer((each) => answers.push(each));
    await put(box, wish("refused"), wish("late", { replay: "ask" }), wish("fine"));
    await box.replay();
    expect(sent).toEqual(["fine"]);
    expect(answers.map((each) => each.problem?.code ?? "ok")).toEqual(["conflict", "ok"]);
    expect(box.list().map((each) => each.key)).toEqual(["late"]);
  });
});
