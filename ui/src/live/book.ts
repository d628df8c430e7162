// What this browser knows of the campaigns, and how old that is: pure functions over one frozen value.

import type { Campaign, Counts } from "@/model/campaign";
import type { Snap } from "./frame";

export interface Book {
  campaigns: Record<string, Campaign>;
  /** The version of the last snapshot of each campaign: an older one never overwrites a newer. */
  versions: Record<string, number>;
  cursor: string | null;
  epoch: string | null;
  asOf: number | null;
  /** Whether it was read from the server since the page opened; false: the kept copy of an earlier visit. */
  fresh: boolean;
}

export const EMPTY: Book = { campaigns: {}, versions: {}, cursor: null, epoch: null, asOf: null, fresh: false };

type Told = Omit<Campaign, "as_of">;

/** A campaign read from the server replaces what was known, unless a person's later act is known already. */
export function withCampaign(book: Book, told: Told, now: number): Book {
  const old = book.campaigns[told.id];
  if (old && old.control > told.control) return book;
  return { ...book, asOf: now, campaigns: { ...book.campaigns, [told.id]: { ...told, as_of: now } } };
}

/** The list read from the server: whoever is not on it was removed, when the list was complete. */
export function withList(book: Book, told: Told[], complete: boolean, now: number): Book {
  const listed = new Set(told.map((each) => each.id));
  const kept = Object.values(book.campaigns).filter((each) => !complete && !listed.has(each.id));
  const start: Book = { ...book, campaigns: Object.fromEntries(kept.map((each) => [each.id, each])), fresh: true };
  const before = book.campaigns;
  return told.reduce((sum, each) => {
    const old = before[each.id];
    return withCampaign(old && old.control > each.control ? withCampaign(sum, old, old.as_of) : sum, each, now);
  }, start);
}

export function without(book: Book, id: string): Book {
  const { [id]: _gone, ...rest } = book.campaigns;
  return { ...book, campaigns: rest };
}

const COUNTS = ["sent", "failed", "skipped", "cancelled", "uncertain", "open"] as const;

const TOLD = [
  "name",
  "mode",
  "state",
  "reason",
  "activity",
  "detail",
  "planned",
  "rate",
  "eta_seconds",
  "next_at",
  "next_seq",
  "stuck",
  "control",
  "attendant",
] as const;

/**
 * A snapshot: absolute numbers, never "+1". Late and doubled ones change nothing, nor does one from before a person's act
 * that is known already. `now`: this browser's clock; `ahead`: how far the server's is ahead of it, in milliseconds.
 */
export function withSnap(book: Book, id: string, snap: Snap, now: number, ahead = 0): Book {
  const old = book.campaigns[id];
  if (!old) return book;
  const version = snap.v ?? null;
  if (version !== null && version < (book.versions[id] ?? -1)) return book;
  if (typeof snap.control === "number" && snap.control < old.control) return book;
  const counts: Counts = { ...old.counts };
  for (const name of COUNTS) if (typeof snap[name] === "number") counts[name] = snap[name] as number;
  const total = snap.total ?? snap.audience;
  if (typeof total === "number") counts.audience = total;
  const changed: Campaign = { ...old, counts, as_of: now };
  for (const name of TOLD) if (name in snap) Object.assign(changed, { [name]: snap[name] });
  if ("ends_at" in snap) changed.eta_seconds = left(snap.ends_at, now + ahead);
  const versions = version === null ? book.versions : { ...book.versions, [id]: version };
  return { ...book, asOf: now, versions, campaigns: { ...book.campaigns, [id]: changed } };
}

function left(ends: unknown, now: number): number | null {
  if (typeof ends !== "string") return null;
  return Math.max(0, Math.round((new Date(ends).getTime() - now) / 1000));
}

export function at(book: Book, cursor: string): Book {
  return book.cursor === cursor ? book : { ...book, cursor };
}

/** Newest first: ids are UUIDv7, so they sort by their time. */
export function listed(book: Book): Campaign[] {
  return Object.values(book.campaigns).sort((a, b) => (a.id < b.id ? 1 : -1));
}
