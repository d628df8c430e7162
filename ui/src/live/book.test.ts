import { describe, expect, it } from "vitest";
import type { Campaign } from "@/model/campaign";
import { balanced } from "@/model/campaign";
import { type Book, EMPTY, listed, withCampaign, withList, withSnap } from "./book";

const counts = (sent: number, total = 100) => ({
  audience: total,
  sent,
  failed: 0,
  skipped: 0,
  cancelled: 0,
  uncertain: 0,
  open: total - sent,
});
const told = (id: string, change: Partial<Campaign> = {}) =>
  ({
    id,
    name: id,
    state: "sending",
    activity: "sending",
    mode: "server",
    control: 1,
    counts: counts(0),
    ...change,
  }) as Campaign;
const snap = (v: number, sent: number) => ({ v, sent, failed: 0, uncertain: 0, open: 100 - sent, total: 100 });

const apply = (book: Book, snaps: { v: number; sent: number }[]) =>
  snaps.reduce((sum, each) => withSnap(sum, "c", snap(each.v, each.sent), 5), book);

describe("snapshots", () => {
  const start = withCampaign(EMPTY, told("c"), 1);
  const news = [1, 2, 3].map((v) => ({ v, sent: v * 10 }));

  it("end at the newest in every order, also doubled", () => {
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
      [2, 2, 0, 1, 0],
    ];
    for (const order of orders) {
      const book = apply(
        start,
        order.map((place) => news[place] as { v: number; sent: number }),
      );
      expect(book.campaigns.c?.counts.sent).toBe(30);
      expect(balanced(book.campaigns.c?.counts as Campaign["counts"])).toBe(true);
    }
  });

  it("of campaigns that nobody knows change nothing", () => {
    expect(withSnap(start, "other", snap(1, 5), 5)).toBe(start);
  });

  it("from before a person's act do not take it back", () => {
    const paused = withCampaign(start, told("c", { state: "paused", control: 2 }), 2);
    expect(withSnap(paused, "c", { v: 9, state: "sending", control: 1 }, 3)).toBe(paused);
  });

  it("tell the time left by the server's clock, not by this one", () => {
    const at = (ms: number) => new Date(ms).toISOString();
    const book = withSnap(start, "c", { ...snap(1, 10), ends_at: at(1_000_000 + 60_000) }, 400_000, 600_000);
    expect(book.campaigns.c?.eta_seconds).toBe(60);
  });
});

describe("the list", () => {
  it("forgets what was removed, when it is complete", () => {
    const book = withList(withCampaign(EMPTY, told("a"), 1), [told("b")], true, 2);
    expect(listed(book).map((each) => each.id)).toEqual(["b"]);
  });

  it("keeps a later act that it does not know yet", () => {
    const book = withCampaign(EMPTY, told("a", { control: 5, state: "paused" }), 1);
    expect(withList(book, [told("a", { control: 4 })], true, 2).campaigns.a?.state).toBe("paused");
  });
});
