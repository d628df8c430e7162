import { describe, expect, it } from "vitest";
import { NoAnswer, Problem } from "@/api/problem";
import { FileAnswers, type Wanted } from "./files";

const wanted = (text: string): Wanted => ({
  address: "+94711000001",
  file: new File(["x"], "a.png"),
  text,
  channel: "whatsapp",
});

async function until(true_: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !true_(); turn += 1) await Promise.resolve();
  expect(true_()).toBe(true);
}

describe("answers with a file", () => {
  it("go one after the other, and what was cut goes again with the key that it had", async () => {
    const sent: string[] = [];
    let cut = true;
    let keys = 0;
    const queue = new FileAnswers(
      async (of) => {
        sent.push(`${of.key} ${of.text}`);
        if (cut) throw new NoAnswer();
      },
      () => `k${++keys}`,
    );
    queue.add(wanted("one"));
    queue.add(wanted("two"));
    await until(() => queue.list().every((each) => each.state === "cut"));
    cut = false;
    queue.again();
    await until(() => queue.list().length === 0);
    expect(sent).toEqual(["k1 one", "k2 two", "k1 one", "k2 two"]);
  });

  it("that were refused say why and wait for the person", async () => {
    const queue = new FileAnswers(
      async () => {
        throw new Problem(409, "suppressed", "They wrote STOP.");
      },
      () => "k1",
    );
    queue.add(wanted("one"));
    await until(() => queue.list()[0]?.state === "failed");
    expect(queue.list()[0]?.words).toBe("They wrote STOP.");
    queue.again();
    expect(queue.list()[0]?.state).toBe("failed");
    queue.drop("k1");
    expect(queue.list()).toEqual([]);
  });
});
