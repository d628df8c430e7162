// Who uses this page: a signed-in person, or the person at this machine while nobody needs to sign in.

import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import { Problem } from "@/api/problem";
import type { Workspace } from "@/api/schema";
import { HERE } from "@/model/zone";

export type { Workspace };

export interface Me {
  kind: "user" | "local" | "token";
  id?: string | null;
  name?: string | null;
  email?: string | null;
  role?: string | null;
  codes?: boolean;
  scopes?: string[];
  /** The id of the one that this page shows. */
  workspace?: string;
  /** Of the workspace; null: nobody has said it. */
  zone?: string | null;
}

/** null: this server knows no people yet. */
export function useMe() {
  return useQuery({
    queryKey: ["me"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async (): Promise<Me | null> => {
      try {
        const told = await get<Partial<Me> & { email?: string }>(path("/me"));
        return { kind: told.email ? "user" : "local", ...told };
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
  });
}

/** The time zone of this workspace, else of this browser. */
export const useZone = (): string => useMe().data?.zone ?? HERE();
