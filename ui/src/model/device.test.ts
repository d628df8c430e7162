import { describe, expect, it } from "vitest";
import { attemptWords, cure, deviceWords, steps } from "./device";

const clock = (at: string | null) => (at ? at.slice(11, 16) : "-");
const base = {
  status: "disconnected" as const,
  words: "Words of the server.",
  since: "2030-05-01T10:02:00Z",
  untilAt: null,
};

describe("a linked device", () => {
  it("shows which of the five attempts is waited for", () => {
    expect(steps({ attempt: 2 }).map((each) => each.state)).toEqual(["done", "now", "later", "later", "later"]);
    expect(steps({ attempt: 0 }).every((each) => each.state === "later")).toBe(true);
    const of = { status: "reconnecting" as const, attempt: 2, of: 5, nextAt: "2030-05-01T10:00:10Z" };
    expect(attemptWords(of, new Date("2030-05-01T10:00:00Z").getTime())).toBe("2 of 5, next in 10 s");
    expect(attemptWords(of, new Date("2030-05-01T10:00:11Z").getTime())).toBe("2 of 5, trying now");
    expect(attemptWords({ ...of, attempt: 0 }, 0)).toBe("");
  });

  it("tells a logout, a lost session, a lock and a ban apart", () => {
    const told = (cause: string) => deviceWords({ ...base, reason: "logged_out", cause }, clock);
    expect(told("401")).toMatch(/^Unlinked from the phone at 10:02\. Scan QR Code/);
    expect(told("here")).toMatch(/^Logged out here at 10:02/);
    expect(told("missing")).toMatch(/session is not on this machine/);
    expect(told("403")).toMatch(/locked or banned/);
    const banned = { ...base, reason: "temp_banned", cause: "101", untilAt: "2030-05-01T18:00:00Z" };
    expect(deviceWords(banned, clock)).toBe("Words of the server. It ends 18:00; then it goes on by itself.");
  });

  it("has one button for what a person can do, and none where nothing helps", () => {
    const of = (
      reason: string,
      status: "disconnected" | "reconnecting" | "connected" | "qr_pending" = "disconnected",
    ) => cure({ status, reason });
    expect([of("logged_out"), of("new"), of("qr_expired"), of("waiting_scan", "qr_pending")]).toEqual(
      Array(4).fill("scan"),
    );
    expect([of("unreachable"), of("failed"), of("stopped"), of("network", "reconnecting")]).toEqual(
      Array(4).fill("reconnect"),
    );
    expect(of("replaced")).toBe("takeover");
    expect([of("temp_banned"), of("machine_away", "reconnecting"), of("steady", "connected")]).toEqual(
      Array(3).fill(null),
    );
  });
});
