// Lists, senders and contacts as the API tells them, read through the cache.

import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import type { Contact, ContactList, ContactLists, Segment, Segments, Sender, Senders } from "@/api/schema";
import { useTick } from "@/live/useLive";

export type { Contact, ContactList, Segment, Sender };

export interface Paged<Item> {
  items: Item[];
  next: string | null;
}

export function useLists() {
  const tick = useTick("list") + useTick("imports");
  return useQuery({
    queryKey: ["lists", tick],
    queryFn: async () => (await get<ContactLists>(path("/lists"))).items,
    placeholderData: (old) => old,
  });
}

export function useSenders() {
  const tick = useTick("sender");
  return useQuery({
    queryKey: ["senders", tick],
    queryFn: async () => (await get<Senders>(path("/senders"))).items,
    placeholderData: (old) => old,
  });
}

export function useSegments() {
  return useQuery({
    queryKey: ["segments"],
    queryFn: async () => (await get<Segments>(path("/segments"))).items,
    placeholderData: (old) => old,
  });
}
