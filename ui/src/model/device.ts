// A linked WhatsApp device as the server tells it, and what its status is called on screen.

import { words } from "@/words/devices";

export type DeviceStatus = "qr_pending" | "connected" | "reconnecting" | "disconnected";

export interface Device {
  id: string;
  name: string;
  phoneNumber: string | null;
  status: DeviceStatus;
  reason: string;
  /** Finer than the reason: the code of a refusal, `missing`: its session is gone, `here`: logged out on this page. */
  cause: string;
  words: string;
  attempt: number;
  of: number;
  nextAt: string | null;
  untilAt: string | null;
  since: string | null;
  codeNumber: number | null;
  codeTyped: boolean;
  codeExpiresAt: string | null;
}

export interface DeviceLook {
  label: string;
  tone: "green" | "yellow" | "blue" | "red";
  icon: "done" | "retry" | "phone" | "off";
}

const SIGNS: Record<DeviceStatus, Omit<DeviceLook, "label">> = {
  connected: { tone: "green", icon: "done" },
  reconnecting: { tone: "yellow", icon: "retry" },
  qr_pending: { tone: "blue", icon: "phone" },
  disconnected: { tone: "red", icon: "off" },
};

/** Sign, colour and the founding document's word. */
export const deviceLook = (status: DeviceStatus): DeviceLook => ({ label: words.status[status], ...SIGNS[status] });

/** Seconds before each attempt to reconnect. */
export const WAITS = [5, 10, 20, 40, 80] as const;

export type Step = { seconds: number; state: "done" | "now" | "later" };

/** The five attempts: those that were in vain, the one that is waited for, those to come. */
export function steps(of: Pick<Device, "attempt">): Step[] {
  return WAITS.map((seconds, place) => ({
    seconds,
    state: place + 1 < of.attempt ? "done" : place + 1 === of.attempt ? "now" : "later",
  }));
}

const SCAN = new Set(["new", "logged_out", "qr_expired", "waiting_scan", "pairing"]);
const AGAIN = new Set(["unreachable", "failed", "stopped", "upgrade_required", "not_installed"]);

/** What a person can do about it, as one button; null: nothing is needed. */
export function cure(of: Pick<Device, "status" | "reason">): "scan" | "reconnect" | "takeover" | null {
  if (of.status === "connected") return null;
  if (SCAN.has(of.reason)) return "scan";
  if (of.reason === "replaced") return "takeover";
  if (of.status === "reconnecting") return of.reason === "machine_away" ? null : "reconnect";
  return AGAIN.has(of.reason) ? "reconnect" : null;
}

/** "2 of 5, next in 10 s" while it reconnects; "" otherwise. */
export function attemptWords(of: Pick<Device, "status" | "attempt" | "of" | "nextAt">, now: number): string {
  if (of.status !== "reconnecting" || of.attempt === 0) return "";
  const left = of.nextAt === null ? 0 : Math.ceil((new Date(of.nextAt).getTime() - now) / 1000);
  return words.attempt(of.attempt, of.of, left);
}

/** What happened and what follows, for people. `clock`: how a moment is written. */
export function deviceWords(
  of: Pick<Device, "status" | "reason" | "cause" | "words" | "since" | "untilAt">,
  clock: (at: string | null) => string,
): string {
  if (of.status === "connected" && of.reason === "steady") return "";
  if (of.reason === "logged_out") {
    if (of.cause === "here") return words.loggedOutHere(clock(of.since));
    if (of.cause === "missing") return words.sessionMissing;
    if (of.cause === "403" || of.cause === "406") return words.locked(clock(of.since));
    return words.unlinked(clock(of.since));
  }
  if (of.reason === "temp_banned" && of.untilAt) return words.banEnds(of.words, clock(of.untilAt));
  if (of.reason === "restricted" && of.untilAt) return words.restrictedUntil(of.words, clock(of.untilAt));
  return of.words;
}
