import { describe, expect, it } from "vitest";
import { who } from "./who";

describe("who did it", () => {
  it("is said in words, and never by an id", () => {
    const said = ["user:7", "user:8", "token:9", "cli:ana", "local", "engine", "", null].map((by) =>
      who(by, { id: "7" }),
    );
    expect(said).toEqual([
      "you",
      "somebody else here",
      "a program, by the API",
      "ana, at the command line",
      "somebody at this machine",
      "Homing",
      "",
      "",
    ]);
    expect(who("user:7", null)).toBe("somebody else here");
  });
});
