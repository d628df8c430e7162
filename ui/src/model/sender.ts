// Which sender in trouble a campaign waits for, and where that sender's card is.

import type { Campaign } from "./campaign";

interface Ill {
  id: string;
  name: string;
  detail: string | null;
}

/** The card of a sender, in sight. */
export const senderPath = (name: string): string => `/senders?show=${encodeURIComponent(name)}`;

const WAITS = new Set(["waiting_for_sender", "waiting_for_connection"]);
const PAUSED = new Set(["sender_down", "no_connection"]);

/** Of the senders that are down or blocked the one that keeps this campaign from moving; null when it is none of them. */
export function troubled<One extends Ill>(
  of: Pick<Campaign, "state" | "reason" | "activity" | "detail" | "senders">,
  ill: readonly One[],
): One | null {
  const stands =
    of.state === "paused" ? PAUSED.has(of.reason ?? "") : of.state === "sending" && WAITS.has(of.activity ?? "");
  if (!stands) return null;
  const mine = ill.filter((each) => of.senders?.includes(each.id));
  return mine.find((each) => each.detail && of.detail?.includes(each.detail)) ?? mine[0] ?? null;
}
