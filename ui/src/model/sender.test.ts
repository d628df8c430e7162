import { expect, test } from "vitest";
import { senderPath, troubled } from "./sender";

const post = { id: "s1", name: "post", detail: "Nobody answers at mail.example:587: connection refused" };
const other = { id: "s2", name: "other", detail: "auth (535 bad credentials)" };
const waiting = {
  state: "sending" as const,
  reason: null,
  activity: "waiting_for_sender",
  detail: `Waiting for the sender... ${post.detail}; it looks again in 4 s`,
  senders: ["s2", "s1"],
};

test("a campaign that waits for a sender in trouble is told with the one whose words it repeats", () => {
  expect(troubled(waiting, [other, post])).toBe(post);
  expect(troubled({ ...waiting, detail: null }, [other, post])).toBe(other);
  expect(troubled({ ...waiting, state: "paused", activity: null, reason: "no_connection" }, [post])).toBe(post);
});

test("one that moves, waits for something else or goes by others is not", () => {
  expect(troubled({ ...waiting, activity: "sending" }, [post])).toBeNull();
  expect(troubled({ ...waiting, activity: "waiting_for_window" }, [post])).toBeNull();
  expect(troubled({ ...waiting, state: "paused", reason: "by_person" }, [post])).toBeNull();
  expect(troubled({ ...waiting, senders: ["s3"] }, [post, other])).toBeNull();
});

test("a name with signs of its own leads to its card, too", () => {
  expect(senderPath("post & co")).toBe("/senders?show=post%20%26%20co");
});
