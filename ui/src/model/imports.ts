// An import as the API tells it, and how its states are said. Pure.

import { count, number } from "./words";

export type ImportState =
  | "uploading"
  | "mapping"
  | "checking"
  | "running"
  | "paused"
  | "completed"
  | "cancelled"
  | "failed";

export interface RowError {
  row: number;
  error: string;
  type: string;
  field?: string;
  value?: string;
  otherRow?: number;
}

export interface Report {
  total: number;
  created: number;
  updated: number;
  failed: number;
  errorsByType: Record<string, number>;
  errorsByField: Record<string, number>;
  connectionLost: boolean;
  partialUpload: boolean;
  processedContacts: number;
  notProcessedContacts: number;
  message: string;
  unchanged: number;
  duplicates: number;
  warnings: number;
  warningsByType: Record<string, number>;
  removed: number;
}

export interface Checked {
  total: number;
  valid: number;
  new: number | null;
  known: number | null;
  unchanged: number | null;
  rejected: number;
  duplicates: number;
  errorsByType: Record<string, number>;
  warningsByType: Record<string, number>;
  removed: number | null;
  current: number | null;
}

export interface Sample {
  format: string;
  encoding: string | null;
  delimiter: string | null;
  sheets: string[];
  header: string[];
  /** What each column fills; null: nothing. */
  fields: (string | null)[];
  rows: { row: number; cells: string[]; type?: string }[];
  problem: { code: string; detail: string } | null;
}

export interface ImportOptions {
  upsertBy: "auto" | "phone" | "email";
  mode: "upsert" | "createOnly" | "updateOnly";
  replaceAll: boolean;
  list: string | null;
  defaultCountry: string | null;
  onBadValue: "drop" | "reject";
  encoding: string | null;
  delimiter: string | null;
  sheet: number | null;
  columns: Record<string, string>;
}

export interface Undo {
  state: "running" | "done" | string;
  by?: string;
  restored: number;
  removed: number;
  returned: number;
  kept: number;
}

export interface Import {
  importId: string;
  kind: string;
  state: ImportState;
  reason: string | null;
  detail: string | null;
  stage: string | null;
  fileName: string;
  size: number;
  sha256: string | null;
  offset: number;
  by: string;
  createdAt: string | null;
  startedAt: string | null;
  changedAt: string | null;
  finishedAt: string | null;
  options: ImportOptions;
  progress: {
    rows: number;
    of: number | null;
    bytes: number | null;
    rate: number | null;
    secondsLeft: number | null;
    chunks: number;
  };
  check: Checked | null;
  report: Report;
  errors: RowError[];
  warnings: RowError[];
  errorsTruncated: boolean;
  undo: Undo | null;
  preview?: Sample | { problem: { code: string; detail: string } };
}

export const ENDED: ImportState[] = ["completed", "cancelled", "failed"];

/** A process works on it, or takes it back: it moves by itself. */
export const moves = (of: Import): boolean =>
  ((of.state === "checking" || of.state === "running") && of.stage !== "checked") || of.undo?.state === "running";

/** It is not over, and not only waiting for somebody to look at it. */
export const isUnderWay = (of: Import): boolean => !ENDED.includes(of.state);

export type Tone = "teal" | "blue" | "yellow" | "red" | "gray" | "orange" | "green";

/** A state in words, with its tone. */
export function stateOf(of: Import): { words: string; tone: Tone } {
  switch (of.state) {
    case "uploading":
      return { words: "Uploading", tone: "blue" };
    case "mapping":
      return { words: "Waits for you: columns", tone: "yellow" };
    case "checking":
      return of.stage === "checked"
        ? { words: "Waits for you: start", tone: "yellow" }
        : { words: "Checking", tone: "blue" };
    case "running":
      return { words: "Importing", tone: "teal" };
    case "paused":
      return pausedOf(of.reason);
    case "completed":
      return of.undo ? { words: "Undone", tone: "gray" } : { words: "Imported", tone: "green" };
    case "cancelled":
      return { words: of.undo ? "Undone" : "Cancelled", tone: "gray" };
    case "failed":
      return { words: "Failed", tone: "red" };
  }
}

function pausedOf(reason: string | null): { words: string; tone: Tone } {
  if (reason === "connection_lost") return { words: "Connection lost", tone: "red" };
  if (reason === "no_space") return { words: "Paused: disk full", tone: "red" };
  if (reason === "awaiting_confirmation") return { words: "Waits for you: removal", tone: "yellow" };
  return { words: "Paused", tone: "orange" };
}

/** 0 to 1 of the stage that it is in; null: cannot be told. */
export function shareOf(of: Import): number | null {
  if (of.state === "uploading") return of.size > 0 ? of.offset / of.size : null;
  const { rows, of: all, bytes } = of.progress;
  if (of.stage === "reading" && bytes !== null && of.size > 0) return Math.min(1, bytes / of.size);
  return all ? Math.min(1, rows / all) : null;
}

/** Rows in the founding documents' own words, for what did not get through. */
export function lostWords(report: Report): string {
  const uploaded = report.created + report.updated;
  return `Connection lost! ${uploaded} contacts uploaded. ${report.notProcessedContacts} contacts not processed. You can safely retry the upload.`;
}

/** What an import has done, as one sentence. */
export function outcome(of: Import): string {
  const { report } = of;
  if (of.state === "uploading") return `${bytes(of.offset)} of ${bytes(of.size)} are on the server`;
  if (of.state === "mapping") return "Nothing is written yet";
  if (of.state === "failed") return of.detail ?? "It could not be read";
  const words = [`${number(report.created)} new`, `${number(report.updated)} updated`];
  const rejected = report.failed - report.notProcessedContacts;
  if (rejected > 0) words.push(`${number(rejected)} rejected`);
  if (report.removed > 0) words.push(`${number(report.removed)} removed`);
  if (report.notProcessedContacts > 0 && report.processedContacts > 0)
    words.push(`${count(report.notProcessedContacts, "row")} to go`);
  return words.join(", ");
}

/** "41 MB", as people say sizes: a kB is 1,024 bytes. */
export function bytes(size: number): string {
  if (size < 1 << 10) return `${number(size)} B`;
  if (size < 1 << 20) return `${short(size / (1 << 10))} kB`;
  return `${short(size / (1 << 20))} MB`;
}

const short = (value: number) => number(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
