// What a campaign looks like while a click is on its way, or while this browser that attends it is cut off.

import type { Link } from "@/live/line";
import { type Campaign, type Look, look } from "@/model/campaign";
import { words } from "@/words/frame";
import type { Wish } from "./queue";

export interface Seen extends Look {
  /** Not what the server says, but what will be said: a click that waits, or an attended campaign that is cut off. */
  predicted: boolean;
}

/** `attends`: this browser attends it, as far as it knows. */
export function seen(of: Campaign, wishes: readonly Wish[], link: Link, attends: boolean): Seen {
  const last = wishes.filter((each) => each.campaign === of.id && each.verb && !each.asks).at(-1);
  const underWay = words.underWay[last?.verb ?? ""];
  if (underWay) return { label: underWay, tone: "blue", mark: "wait", predicted: true };
  if (attends && of.mode === "attended" && of.state === "sending" && link.status === "lost")
    return { label: words.autoPaused, tone: "orange", mark: "pause", predicted: true };
  return { ...look(of), predicted: false };
}
