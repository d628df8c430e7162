// An import as the API tells it, and how its states are said. Pure.

import { words } from "@/words/imports";
import { number } from "./words";

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
      return { words: words.state.uploading, tone: "blue" };
    case "mapping":
      return { words: words.state.mapping, tone: "yellow" };
    case "checking":
      return of.stage === "checked"
        ? { words: words.state.checked, tone: "yellow" }
        : { words: words.state.checking, tone: "blue" };
    case "running":
      return { words: words.state.running, tone: "teal" };
    case "paused":
      return pausedOf(of.reason);
    case "completed":
      return of.undo ? { words: words.state.undone, tone: "gray" } : { words: words.state.completed, tone: "green" };
    case "cancelled":
      return { words: of.undo ? words.state.undone : words.state.cancelled, tone: "gray" };
    case "failed":
      return { words: words.state.failed, tone: "red" };
  }
}

function pausedOf(reason: string | null): { words: string; tone: Tone } {
  if (reason === "connection_lost") return { words: words.state.connection_lost, tone: "red" };
  if (reason === "no_space") return { words: words.state.no_space, tone: "red" };
  if (reason === "awaiting_confirmation") return { words: words.state.awaiting_confirmation, tone: "yellow" };
  return { words: words.state.paused, tone: "orange" };
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
  return words.lost(uploaded, report.notProcessedContacts);
}

/** What an import has done, as one sentence. */
export function outcome(of: Import): string {
  const { report } = of;
  if (of.state === "uploading") return words.onServer(bytes(of.offset), bytes(of.size));
  if (of.state === "mapping") return words.nothingYet;
  if (of.state === "failed") return of.detail ?? words.couldNotBeRead;
  const parts = [words.some.new(number(report.created)), words.some.updated(number(report.updated))];
  const rejected = report.failed - report.notProcessedContacts;
  if (rejected > 0) parts.push(words.some.rejected(number(rejected)));
  if (report.removed > 0) parts.push(words.some.removed(number(report.removed)));
  if (report.notProcessedContacts > 0 && report.processedContacts > 0)
    parts.push(words.toGo(report.notProcessedContacts));
  return parts.join(", ");
}

/** "41 MB", as people say sizes: a kB is 1,024 bytes. */
export function bytes(size: number): string {
  if (size < 1 << 10) return `${number(size)} B`;
  if (size < 1 << 20) return `${short(size / (1 << 10))} kB`;
  return `${short(size / (1 << 20))} MB`;
}

const short = (value: number) => number(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
