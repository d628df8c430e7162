// Whether the server itself is cut off from a provider, and what it says about that.

import type { Campaign } from "@/model/campaign";
import { causeOf, sentence } from "@/model/words";
import { words } from "@/words/notices";

export function sendersWait(campaigns: Campaign[]): { words: string; next: string | null } | null {
  const waiting = campaigns.filter((each) => each.state === "sending" && each.activity === "waiting_for_connection");
  const [first] = waiting;
  if (!first) return null;
  const others = waiting.length - 1;
  const why = sentence(causeOf(first.detail ?? words.cannotReach));
  return {
    words: words.waits(why, first.name, others),
    next: first.next_at,
  };
}
