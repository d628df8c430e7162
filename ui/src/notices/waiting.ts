// Whether the server itself is cut off from a provider, and what it says about that.

import type { Campaign } from "@/model/campaign";
import { causeOf, sentence } from "@/model/words";

export function sendersWait(campaigns: Campaign[]): { words: string; next: string | null } | null {
  const waiting = campaigns.filter((each) => each.state === "sending" && each.activity === "waiting_for_connection");
  const [first] = waiting;
  if (!first) return null;
  const others = waiting.length - 1;
  const who = others > 0 ? `"${first.name}" and ${others} more wait.` : `"${first.name}" waits.`;
  const why = sentence(causeOf(first.detail ?? "the server cannot reach the provider"));
  return {
    words: `${why} ${who} Nobody is lost, and no attempt is counted.`,
    next: first.next_at,
  };
}
