// The words of imports that are said everywhere: what their states are called, what became of them, their switches.

import { count } from "@/model/words";
import { inLanguage } from "./language";

const english = {
  imports: "Imports",
  import: "Import",
  importContacts: "Import contacts",
  asOf: (at: string) => `As of ${at}.`,
  heardAt: (at: string) => `as of ${at}`,
  noImports: "No imports yet",
  whatIsListed: "Each file is listed here with who brought it, what became of its rows, and a way back for 30 days.",
  showOlder: "Show older ones",
  into: (list: string) => `into ${list}`,
  aBatch: "A batch over the API",
  anUpload: "An upload over the API",
  shareOf: (name: string, share: number) => `${name}: ${share} %`,
  steps: "Steps of the import",
  step: { file: "File", map: "Map", check: "Check", run: "Run", report: "Report" },
  stepDone: ", done", // behind the step, for those who hear it
  verbs: { pause: "Pause", resume: "Resume", cancel: "Cancel" },
  underway: { pause: "Pausing...", resume: "Resuming...", cancel: "Cancelling..." },
  verbOf: (verb: string, file: string) => `${verb}: import of ${file}`,
  tryAgain: "Try again",

  state: {
    uploading: "Uploading",
    mapping: "Waits for you: columns",
    checked: "Waits for you: start",
    checking: "Checking",
    running: "Importing",
    completed: "Imported",
    undone: "Undone",
    cancelled: "Cancelled",
    failed: "Failed",
    paused: "Paused",
    connection_lost: "Connection lost",
    no_space: "Paused: disk full",
    awaiting_confirmation: "Waits for you: removal",
  },
  onServer: (safe: string, all: string) => `${safe} of ${all} are on the server`,
  nothingYet: "Nothing is written yet",
  couldNotBeRead: "It could not be read",
  some: {
    new: (many: string) => `${many} new`,
    updated: (many: string) => `${many} updated`,
    rejected: (many: string) => `${many} rejected`,
    removed: (many: string) => `${many} removed`,
  },
  toGo: (rows: number) => `${count(rows, "row")} to go`,
  // The founding documents' own words.
  lost: (uploaded: number, rest: number) =>
    `Connection lost! ${uploaded} contacts uploaded. ${rest} contacts not processed. You can safely retry the upload.`,
  uploaded: (many: number) => `Successfully uploaded ${many} contacts!`,
  uploadFailed: "Upload failed. Please try again.",
  timedOut: "Connection timeout. Please check your upload status and retry if needed.",
};

export type ImportWords = typeof english;

export const words = inLanguage("imports", english);
