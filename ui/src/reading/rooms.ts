// Lists, senders and contacts as the API tells them, read through the cache.

import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import { useTick } from "@/live/useLive";

export interface ContactList {
  id: string;
  name: string;
  members: number;
}

export interface Sender {
  id: string;
  name: string;
  kind: string;
  health: string;
  detail: string | null;
  options: Record<string, unknown>;
  /** Every setting with the value that is in force, set or not. */
  settings?: Record<string, unknown>;
  credentials_set_at: string | null;
  version: number;
  created_at: string | null;
}

export interface Contact {
  id: string;
  email: string | null;
  phone: string | null;
  name: string;
  attributes: Record<string, unknown>;
  consent_email?: string;
  created_at: string | null;
  updated_at: string | null;
}

export interface Segment {
  id: string;
  name: string;
  filter: string;
  changed_at: string | null;
  explained?: string;
  count?: number;
}

export interface Paged<Item> {
  items: Item[];
  next: string | null;
}

export function useLists() {
  const tick = useTick("list") + useTick("imports");
  return useQuery({
    queryKey: ["lists", tick],
    queryFn: async () => (await get<Paged<ContactList>>(path("/lists"))).items,
    placeholderData: (old) => old,
  });
}

export function useSenders() {
  const tick = useTick("sender");
  return useQuery({
    queryKey: ["senders", tick],
    queryFn: async () => (await get<Paged<Sender>>(path("/senders"))).items,
    placeholderData: (old) => old,
  });
}

export function useSegments() {
  return useQuery({
    queryKey: ["segments"],
    queryFn: async () => (await get<Paged<Segment>>(path("/segments"))).items,
    placeholderData: (old) => old,
  });
}
