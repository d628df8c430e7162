// A campaign as the server tells it, and what its state is called on screen.

import type { Snapshot } from "@/api/schema";
import { words } from "@/words/campaigns";

export type State = "draft" | "scheduled" | "sending" | "paused" | "completed" | "cancelled";
export type Mode = Snapshot["mode"];

export type Counts = Pick<Snapshot, "sent" | "failed" | "skipped" | "cancelled" | "uncertain" | "open"> & {
  audience: number;
};

/** What a snapshot says of a campaign and its answer says by the same name. */
type Progress = Pick<
  Snapshot,
  "name" | "mode" | "reason" | "activity" | "detail" | "planned" | "rate" | "next_at" | "next_seq" | "stuck" | "control"
>;

export interface Campaign extends Progress {
  id: string;
  channel: string;
  state: State;
  counts: Counts;
  eta_seconds: number | null;
  subject?: string | null;
  from?: string | null;
  start_at: string | null;
  created_at: string | null;
  started_at: string | null;
  completed_at: string | null;
  canary?: number | null;
  senders?: string[];
  attendant?: string | null;
  /** When this browser heard it, in its own milliseconds. */
  as_of: number;
}

export type Tone = "gray" | "blue" | "teal" | "yellow" | "orange" | "red" | "green";
export type Mark = "dot" | "pause" | "clock" | "done" | "cross" | "draft" | "wait" | "hand";

export interface Look {
  label: string;
  tone: Tone;
  mark: Mark;
}

const PLAIN = new Set(["planning", "sending", "pacing"]);

/** Word, colour and sign of a state: never colour alone. */
export function look(of: Pick<Campaign, "state" | "reason" | "activity" | "stuck"> & { detail?: string | null }): Look {
  switch (of.state) {
    case "draft":
      return { label: words.state.draft, tone: "gray", mark: "draft" };
    case "scheduled":
      return { label: words.state.scheduled, tone: "blue", mark: "clock" };
    case "paused":
      return paused(of.reason);
    case "completed":
      return { label: words.state.completed, tone: "green", mark: "done" };
    case "cancelled":
      return { label: words.state.cancelled, tone: "gray", mark: "cross" };
    case "sending":
      return sending(isResting(of) || of.activity !== "pacing" ? of.activity : "sending", of.stuck);
  }
}

/** Whether it stands for a reason that is known and told: its sender, a connection, its hours. */
export const waitsForSomething = (of: Pick<Campaign, "state" | "activity">): boolean =>
  of.state === "sending" && !PLAIN.has(of.activity ?? "sending");

/** Between two groups of messages; the seconds between two messages are no rest. */
export function isResting(of: { activity: string | null; detail?: string | null }): boolean {
  return of.activity === "pacing" && Boolean(of.detail);
}

function paused(reason: string | null): Look {
  const label = words.pausedBy[reason ?? ""] ?? words.state.paused;
  if (reason === "by_person") return { label, tone: "gray", mark: "pause" };
  if (reason === "canary") return { label, tone: "blue", mark: "hand" };
  return { label, tone: "orange", mark: "pause" };
}

function sending(activity: string | null, stuck: boolean): Look {
  if (stuck && PLAIN.has(activity ?? "sending")) return { label: words.standsStill, tone: "red", mark: "wait" };
  const label = words.activity[activity ?? "sending"] ?? words.sending;
  if (PLAIN.has(activity ?? "sending")) return { label, tone: "teal", mark: "dot" };
  return { label, tone: stuck ? "red" : "yellow", mark: "wait" };
}

/** Those who got an answer of whatever kind. */
export function settled(counts: Counts): number {
  return counts.sent + counts.failed + counts.skipped + counts.cancelled + counts.uncertain;
}

/** How far it is, 0 to 1; null while nobody is in the audience yet. */
export function progress(counts: Counts): number | null {
  return counts.audience > 0 ? Math.min(1, settled(counts) / counts.audience) : null;
}

/** audience = sent + failed + skipped + cancelled + uncertain + open, always. */
export function balanced(counts: Counts): boolean {
  return counts.audience === settled(counts) + counts.open;
}

export const isRunning = (of: Pick<Campaign, "state">): boolean => of.state === "sending";
export const isAlive = (of: Pick<Campaign, "state">): boolean => of.state === "sending" || of.state === "paused";
export const isOver = (of: Pick<Campaign, "state">): boolean => of.state === "completed" || of.state === "cancelled";

export type Tab = "running" | "scheduled" | "paused" | "done" | "drafts";

/** Which tab of the list a campaign stands under. */
export function tabOf(of: Pick<Campaign, "state">): Tab {
  const tabs: Record<State, Tab> = {
    sending: "running",
    scheduled: "scheduled",
    paused: "paused",
    completed: "done",
    cancelled: "done",
    draft: "drafts",
  };
  return tabs[of.state];
}
