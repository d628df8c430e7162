// The outbox as React uses it, and the verbs of a campaign that go through it.

import { createContext, useContext, useSyncExternalStore } from "react";
import { attendant } from "@/live/attend";
import { useLink, useLive } from "@/live/useLive";
import type { Campaign } from "@/model/campaign";
import { words } from "@/words/frame";
import { type Seen, seen } from "./predict";
import { newKey, type Outbox, type Wish } from "./queue";

export const OutboxContext = createContext<Outbox | null>(null);

export function useOutbox(): Outbox {
  const outbox = useContext(OutboxContext);
  if (outbox === null) throw new Error("no outbox around this");
  return outbox;
}

export function useWishes(): readonly Wish[] {
  const outbox = useOutbox();
  return useSyncExternalStore(outbox.subscribe, () => outbox.list());
}

export function useSeen(of: Campaign): Seen {
  const wishes = useWishes();
  const link = useLink();
  const attending = useLive((live) => live.attending);
  return seen(of, wishes, link, attending.includes(of.id));
}

/** Verbs that say from which browser they come. */
const FROM_HERE = new Set<string>(["watch", "mode"]);

export type Verb = "pause" | "resume" | "cancel" | "retry" | "approve" | "finish" | "mode" | "watch" | "resolve";

/** Does a verb to a campaign, now or as soon as the server is back. */
export function useVerb(): (verb: Verb, of: Campaign, body?: unknown) => void {
  const outbox = useOutbox();
  return (verb, of, body) => {
    const given = FROM_HERE.has(verb) ? { ...(body as object), attendant: attendant() } : body;
    const route = verb === "resolve" ? `/campaigns/${of.id}/uncertain/resolve` : `/campaigns/${of.id}/${verb}`;
    outbox.put({
      key: newKey(),
      at: Date.now(),
      method: "POST",
      route,
      ...(given === undefined ? {} : { body: given }),
      label: words.click(words.verb[verb], of.name),
      campaign: of.id,
      verb,
      control: of.control,
      replay: verb === "pause" || verb === "mode" ? "silent" : "ask",
    });
  };
}
