// Rate and time left as people read them. An old number is no number: "-".

import type { Campaign } from "./campaign";

export const STALE_MS = 5_000;
export const NONE = "-";

const MOVING = new Set([null, "sending", "pacing"]);

/** Messages a second, or null when there is none to tell: paused, waiting, or not heard of for 5 s. */
export function rateOf(of: Campaign, now: number): number | null {
  if (of.state !== "sending" || !MOVING.has(of.activity)) return null;
  if (now - of.as_of > STALE_MS) return null;
  return of.rate && of.rate > 0 ? of.rate : null;
}

/** "38/min", "120/s", "-". */
export function rateText(rate: number | null): string {
  if (rate === null) return NONE;
  const minute = rate * 60;
  if (minute < 600) return `${minute < 10 ? Math.round(minute * 10) / 10 : Math.round(minute)}/min`;
  return `${rate < 100 ? Math.round(rate * 10) / 10 : Math.round(rate).toLocaleString()}/s`;
}

/** Seconds left as the server computes them; never extrapolated here. */
export function secondsLeft(of: Campaign, now: number): number | null {
  return rateOf(of, now) === null ? null : of.eta_seconds;
}

/** "45 s", "12 min", "1 h 58 min", "3 d 4 h". */
export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds) || seconds < 0) return NONE;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** "1:20". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** What a campaign of so many people will take. `gap`: mean seconds between two; `rest`: every so many, so many seconds. */
export interface Pacing {
  gap: number;
  restEvery: number;
  rest: number;
  ratePerSecond: number | null;
}

/** The predicted seconds: the slower of the pause between messages and the sender's ceiling. */
export function predict(people: number, pacing: Pacing): number {
  const pauses = people * pacing.gap + (pacing.restEvery > 0 ? Math.floor(people / pacing.restEvery) * pacing.rest : 0);
  const ceiling = pacing.ratePerSecond ? people / pacing.ratePerSecond : 0;
  return Math.max(pauses, ceiling);
}

/** From 50 people on, or from 10 minutes on, closing the browser should not matter. */
export function adviseServer(people: number, seconds: number): boolean {
  return people >= 50 || seconds >= 600;
}
