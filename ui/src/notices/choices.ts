// What this person chose to be told of, and by which way.

import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";

export type Way = "app" | "browser" | "push" | "email";

export interface Row extends Record<Way, boolean> {
  event: string;
  words: string;
  webhooks: number;
}

export interface Matrix {
  items: Row[];
  email: string | null;
}

export function useChoices() {
  return useQuery({
    queryKey: ["choices"],
    queryFn: () => get<Matrix>(path("/notifications/choices")),
    staleTime: 60_000,
  });
}

/** Whether a notice of this kind is told by a way; facts about devices carry names like whatsapp-connected. */
export function tells(matrix: Matrix | undefined, kind: string, way: Way): boolean {
  const dotted = kind.replace("whatsapp-", "whatsapp.");
  const row = matrix?.items.find((each) => dotted === each.event || dotted.startsWith(`${each.event}.`));
  return row?.[way] ?? false;
}
