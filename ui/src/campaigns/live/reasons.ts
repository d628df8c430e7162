// Failed recipients by reason, as the server counts them.

import { get, path } from "@/api/client";

export interface Group {
  reason: string | null;
  count: number;
  retryable: boolean;
  code: string | null;
  words: string | null;
}

export async function reasons(id: string): Promise<Group[]> {
  return (await get<{ items: Group[] }>(path(`/campaigns/${id}/reasons`, { state: "failed" }))).items;
}
