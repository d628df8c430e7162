// By which channels a campaign goes: one, or both with an order of preference; what turning it from one to another changes.

import type { Sender } from "@/reading/rooms";
import { words } from "@/words/composer";
import type { ChatWish, Wishes } from "../drafts";

export type Way = "email" | "whatsapp";
export type Channel = Wishes["channel"];

/** The first of them when nobody said otherwise, as the server has it. */
export const ORDER: Way[] = ["whatsapp", "email"];
const NOTHING: ChatWish = { text: "", whatsapp_template: null };

export type Chosen = Partial<Record<Way, Sender>>;

export interface Tally {
  total: number;
  reachable: number;
  without_address: number;
  suppressed: number;
  /** Over both channels: how many by which. */
  by?: Partial<Record<Way, number>>;
}

export const isBoth = (of: Pick<Wishes, "channel">): boolean => of.channel === "mixed";

/** Its channels, first preferred. */
export function waysOf(of: Pick<Wishes, "channel" | "prefer">): Way[] {
  return of.channel === "mixed" ? (of.prefer ?? ORDER) : [of.channel];
}

/** Whether a sender is for this channel; the simulated one is for either, and beside another channel for e-mail. */
export function carries(of: Sender, way: Way, both = false): boolean {
  if (of.kind === "simulated") return !both || way === "email";
  return of.kind.startsWith("whatsapp") === (way === "whatsapp");
}

const names = (wishes: Pick<Wishes, "senders">, each: Sender) =>
  wishes.senders.includes(each.id) || wishes.senders.includes(each.name);

/** The sender of each channel, as far as one is chosen. */
export function chosenOf(wishes: Pick<Wishes, "channel" | "prefer" | "senders">, senders: Sender[]): Chosen {
  const both = isBoth(wishes);
  const found: Chosen = {};
  for (const way of waysOf(wishes)) {
    const one = senders.find((each) => names(wishes, each) && (!both || carries(each, way, true)));
    if (one) found[way] = one;
  }
  return found;
}

/** Another sender for one channel; that of the other one stays. */
export function withSender(wishes: Wishes, way: Way, id: string | null, senders: Sender[]): Partial<Wishes> {
  const others = isBoth(wishes)
    ? senders.filter((each) => names(wishes, each) && !carries(each, way, true)).map((each) => each.id)
    : [];
  return { senders: id ? [...others, id] : others };
}

/** Where a channel has no sender yet and only one can be meant: the senders with that one. Null when there is nothing to choose. */
export function theOnly(wishes: Wishes, senders: Sender[]): string[] | null {
  const both = isBoth(wishes);
  const chosen = chosenOf(wishes, senders);
  const found: string[] = [];
  for (const way of waysOf(wishes)) {
    if (chosen[way]) continue;
    const fit = senders.filter((each) => carries(each, way, both));
    const well = fit.filter((each) => each.health !== "down" && each.health !== "blocked");
    const one = fit.length === 1 ? fit[0] : well.length === 1 ? well[0] : undefined;
    if (one) found.push(one.id);
  }
  return found.length > 0 ? [...wishes.senders, ...found] : null;
}

/** What is said over WhatsApp: of both channels it stands apart. */
export function chatOf(wishes: Pick<Wishes, "channel" | "text" | "whatsapp_template" | "whatsapp">): ChatWish {
  const said = isBoth(wishes) ? (wishes.whatsapp ?? NOTHING) : wishes;
  return { text: said.text ?? "", whatsapp_template: said.whatsapp_template ?? null };
}

export function withChat(wishes: Wishes, changes: Partial<ChatWish>): Partial<Wishes> {
  return isBoth(wishes) ? { whatsapp: { ...chatOf(wishes), ...changes } } : changes;
}

/** What was written for both and does not fit into one message: kept until the person comes back. */
export type Shelf = Pick<Wishes, "text" | "whatsapp">;

export const shelved = (wishes: Wishes): Shelf => ({ text: wishes.text, whatsapp: wishes.whatsapp });

/** What changes when it goes by other channels. Senders that are not for them are put down. */
export function turned(wishes: Wishes, to: Channel, senders: Sender[], shelf: Shelf | null): Partial<Wishes> {
  if (to === wishes.channel) return {};
  const ways = waysOf({ channel: to, prefer: null });
  const carried = (each: Sender) => ways.some((way) => carries(each, way, to === "mixed"));
  const kept = senders.filter((each) => names(wishes, each) && carried(each)).map((each) => each.id);
  const changes: Partial<Wishes> = { channel: to, senders: kept };
  if (to === "mixed") {
    const both = { ...changes, prefer: ORDER, mode: "server" as const, whatsapp_template: null };
    if (wishes.channel === "whatsapp") return { ...both, text: shelf?.text ?? "", whatsapp: chatOf(wishes) };
    return { ...both, whatsapp: shelf?.whatsapp ?? NOTHING };
  }
  if (!isBoth(wishes)) return changes;
  const one = { ...changes, prefer: null, whatsapp: null };
  return to === "whatsapp" ? { ...one, ...chatOf(wishes) } : one;
}

/** How many get it by one channel. */
export function reached(of: Tally | null, wishes: Pick<Wishes, "channel">, way: Way): number {
  if (!of) return 0;
  return isBoth(wishes) ? (of.by?.[way] ?? 0) : of.reachable;
}

/** Who gets it and who does not, and why, in words. `say`: how numbers are written. */
export function tallyWords(of: Tally, wishes: Pick<Wishes, "channel" | "prefer">, say: (n: number) => string): string {
  const parts = [words.willGetIt(say(of.reachable))];
  if (isBoth(wishes)) {
    const by = waysOf(wishes).map((way) => words.manyBy(say(reached(of, wishes, way)), way));
    const why = [
      of.without_address > 0 ? words.withoutAddress(say(of.without_address)) : "",
      of.suppressed > 0 ? words.barred(say(of.suppressed)) : "",
    ].filter(Boolean);
    const neither = of.without_address + of.suppressed;
    return [
      `${parts[0]}: ${by.join(", ")}`,
      `${words.byNeither(say(neither))}${why.length > 0 ? ` (${why.join(", ")})` : ""}`,
    ].join(" · ");
  }
  if (of.suppressed > 0) parts.push(words.barredOfOne(say(of.suppressed)));
  if (of.without_address > 0) parts.push(words.withoutOne(say(of.without_address), wishes.channel as Way));
  return parts.join(" · ");
}
