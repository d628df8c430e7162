// How long it takes at the limits of its senders: over both channels as long as the slower one.

import { predict } from "@/model/pace";
import type { Wishes } from "../drafts";
import { type Outlook, useOutlook } from "./Limits";
import { paceOf } from "./pace";
import { type Chosen, reached, type Tally, waysOf } from "./ways";

export interface Lasting {
  seconds: number;
  /** Of the WhatsApp number. */
  outlook: Outlook | undefined;
}

export function useLasting(wishes: Wishes, chosen: Chosen, tally: Tally | null): Lasting {
  const outlook = useOutlook(chosen.whatsapp ?? null, reached(tally, wishes, "whatsapp")).data;
  const each = waysOf(wishes).map((way) => {
    const sender = chosen[way];
    if (!sender) return 0;
    const told = way === "whatsapp" ? outlook?.seconds : null;
    return told ?? predict(reached(tally, wishes, way), paceOf(sender).pacing);
  });
  return { seconds: Math.max(0, ...each), outlook };
}
