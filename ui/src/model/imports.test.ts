import { expect, test } from "vitest";
import { bytes, type Import, lostWords, moves, outcome, shareOf, stateOf } from "./imports";

const REPORT = {
  total: 3200,
  created: 1500,
  updated: 0,
  failed: 1700,
  errorsByType: { connection_error: 1700 },
  errorsByField: {},
  connectionLost: true,
  partialUpload: true,
  processedContacts: 1500,
  notProcessedContacts: 1700,
  message: "",
  unchanged: 0,
  duplicates: 0,
  warnings: 0,
  warningsByType: {},
  removed: 0,
};
const PROGRESS = { rows: 1500, of: 3200, bytes: null, rate: null, secondsLeft: null, chunks: 3 };
const of = (change: Partial<Import>): Import =>
  ({
    state: "running",
    stage: "writing",
    size: 100,
    offset: 0,
    report: REPORT,
    progress: PROGRESS,
    undo: null,
    ...change,
  }) as Import;

test("a lost connection is told in the founding document's words", () => {
  expect(lostWords(REPORT)).toBe(
    "Connection lost! 1500 contacts uploaded. 1700 contacts not processed. You can safely retry the upload.",
  );
});

test("what waits for a person does not move, what a process works on does", () => {
  expect(moves(of({ state: "checking", stage: "reading" }))).toBe(true);
  expect(moves(of({ state: "checking", stage: "checked" }))).toBe(false);
  expect(moves(of({ state: "paused" }))).toBe(false);
  expect(
    moves(of({ state: "completed", undo: { state: "running", restored: 0, removed: 1, returned: 0, kept: 0 } })),
  ).toBe(true);
});

test("how far it is, is told of its stage, or not at all", () => {
  expect(shareOf(of({}))).toBeCloseTo(0.469, 3);
  expect(shareOf(of({ state: "uploading", offset: 41 }))).toBe(0.41);
  expect(shareOf(of({ progress: { ...PROGRESS, of: null } }))).toBeNull();
  expect(shareOf(of({ stage: "reading", progress: { ...PROGRESS, of: null, bytes: 50 } }))).toBe(0.5);
});

test("a pause says what for", () => {
  expect(stateOf(of({ state: "paused", reason: "connection_lost" }))).toEqual({
    words: "Connection lost",
    tone: "red",
  });
  expect(stateOf(of({ state: "paused", reason: "by_person" })).words).toBe("Paused");
  expect(outcome(of({ state: "paused" }))).toBe("1,500 new, 0 updated, 1,700 rows to go");
});

test("sizes as people say them", () => {
  expect([bytes(900), bytes(1843), bytes(2 << 20), bytes(512 << 20)]).toEqual(["900 B", "1.8 kB", "2 MB", "512 MB"]);
});
