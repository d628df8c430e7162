// Conversations as the API tells them, read anew with each fact that may be about one, at most twice a second.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { get, path } from "@/api/client";
import { useTick } from "@/live/useLive";
import type { Contact, Paged } from "./rooms";

export interface Conversation {
  id: string;
  name: string;
  contact: string | null;
  direction: "in" | "out";
  text: string;
  media: string | null;
  at: string;
  messages: number;
  unread: number;
}

export interface Message {
  id: string | null;
  direction: "in" | "out";
  channel: "whatsapp" | "email";
  text: string;
  title: string | null;
  media: string | null;
  at: string | null;
  state: string | null;
  reason: string | null;
  words: string | null;
  next_try_at: string | null;
  delivery: string | null;
}

export interface Way {
  sender?: string;
  name?: string;
  kind?: string;
  to?: string;
  open: boolean;
  until?: string | null;
  words: string | null;
  code: string | null;
}

export interface Thread {
  address: string;
  contact: Contact | null;
  messages: Message[];
  ways: { whatsapp: Way; email: Way };
}

const EVERY_MS = 400;

/** Follows a number that climbs, but not faster than it can be read. */
function useCalm(tick: number): number {
  const [calm, setCalm] = useState(tick);
  useEffect(() => {
    if (tick === calm) return;
    const timer = setTimeout(() => setCalm(tick), EVERY_MS);
    return () => clearTimeout(timer);
  }, [tick, calm]);
  return calm;
}

export function useConversations() {
  const tick = useCalm(useTick("contact") + useTick("conversations"));
  return useQuery({
    queryKey: ["conversations", tick],
    queryFn: async () => (await get<Paged<Conversation>>(path("/conversations", { limit: 200 }))).items,
    placeholderData: (old) => old,
  });
}

/** Receipts and what became of answers come as facts of campaigns, and senders come and go. */
export function useThread(address: string) {
  const tick = useCalm(useTick("contact") + useTick("conversations") + useTick("campaign") + useTick("sender"));
  return useQuery({
    queryKey: ["thread", address, tick],
    queryFn: () => get<Thread>(path(`/conversations/${encodeURIComponent(address)}`)),
    placeholderData: (old) => (old?.address === address ? old : undefined),
  });
}

export function useUnread(): number {
  const tick = useCalm(useTick("contact") + useTick("conversations"));
  const found = useQuery({
    queryKey: ["unread", tick],
    queryFn: () => get<{ unread: number }>(path("/conversations/unread")),
    placeholderData: (old) => old,
  });
  return found.data?.unread ?? 0;
}
