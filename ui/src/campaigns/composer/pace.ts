// The pace of a sender as its options say it, for the predicted end.

import type { Pacing } from "@/model/pace";
import type { Sender } from "@/reading/rooms";
import { words } from "@/words/composer";

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** "20/s", "90/m", "1000/h" as messages a second; null: no ceiling. */
export function perSecond(text: unknown): number | null {
  const found = /^\s*([\d.]+)\s*\/\s*([smhd])/.exec(String(text ?? ""));
  return found ? Number(found[1]) / (SECONDS[found[2] as string] ?? 1) : null;
}

/** "1s-3s", "500ms", "2m" as mean seconds. */
export function meanSeconds(text: unknown, fallback: number): number {
  const parts = String(text ?? "")
    .split("-")
    .map((part) => /^\s*([\d.]+)\s*(ms|s|m|h)?\s*$/.exec(part))
    .map((found) => (found ? Number(found[1]) * (found[2] === "ms" ? 0.001 : (SECONDS[found[2] ?? "s"] ?? 1)) : null));
  const known = parts.filter((each) => each !== null);
  return known.length > 0 ? known.reduce((sum, each) => sum + each, 0) / known.length : fallback;
}

/** A setting of the sender as it is in force: what was set, else what its kind brings along. */
const mean = (value: unknown): number | null =>
  Array.isArray(value) && value.length === 2 ? (Number(value[0]) + Number(value[1])) / 2 : null;

export function paceOf(of: Sender): { pacing: Pacing; words: string } {
  const { options, settings = {} } = of;
  const rate = perSecond(options.rate);
  const word = String(options.pacing ?? settings.pacing ?? (of.kind === "smtp" ? "gentle" : "off"));
  const off = word === "off" || word === "false";
  const gap = off ? 0 : (mean(settings.delay_seconds) ?? meanSeconds(options.delay, 2));
  const restEvery = off ? 0 : Number(options.rest_every ?? settings.rest_every ?? 50);
  const rest = off ? 0 : (mean(settings.rest_seconds) ?? meanSeconds(options.rest, 45));
  const parts = [
    off ? words.noPauses : words.pauses(gap, rest, restEvery),
    options.rate ? words.atMostRate(String(options.rate)) : "",
    options.daily ? words.aDay(String(options.daily)) : "",
    options.daily_new ? words.aDay(String(options.daily_new)) : "",
    options.hourly ? words.anHour(String(options.hourly)) : "",
  ];
  return { pacing: { gap, restEvery, rest, ratePerSecond: rate }, words: `${parts.filter(Boolean).join(", ")}.` };
}
