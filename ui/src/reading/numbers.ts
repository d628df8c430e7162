// What WhatsApp tells of a number of the Cloud API: quality, limit, templates.

import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import { useTick } from "@/live/useLive";

export type ButtonKind = "url" | "quick_reply" | "copy_code";

export interface AtWhatsApp {
  name: string;
  language: string;
  status: string;
  header: string | null;
  /** Its header is such a file, which comes with each message. */
  media: "image" | "video" | "document" | null;
  body: string;
  footer: string | null;
  buttons: string[];
  /** Of each button what it takes with each message; null: nothing. */
  button_kinds: (ButtonKind | null)[];
  /** Its header is a place on the map. */
  location: boolean;
  named: boolean;
  variables: { header: string[]; body: string[] };
  /** Why it cannot be sent; null: it can. */
  why_not: string | null;
}

export interface Account {
  sender: string;
  checked_at: string | null;
  trouble: string | null;
  phone: string | null;
  verified_name: string | null;
  quality: string | null;
  limit: string | null;
  people_per_day: number | null;
  /** null: the business account is not named, so nobody asked. */
  templates: AtWhatsApp[] | null;
  advice: string | null;
}

export function useAccount(sender: string | null) {
  const tick = useTick("sender");
  return useQuery({
    queryKey: ["account", sender, tick],
    queryFn: () => get<Account>(path(`/senders/${sender}/account`)),
    enabled: sender !== null,
    placeholderData: (old) => old,
  });
}
