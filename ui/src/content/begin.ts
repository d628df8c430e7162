// A template into a new campaign: a draft that has taken over its message.

import { act } from "@/api/client";
import { say } from "@/notices/toast";
import type { Template } from "@/reading/templates";
import { words } from "@/words/templates";

/** Goes to the draft; says why there is none. */
export async function beginWith(of: Pick<Template, "id" | "name">, go: (place: string) => void): Promise<void> {
  try {
    const body = { name: of.name, template: of.id };
    const draft = await act<{ id: string }>({ method: "POST", route: "/campaigns", body });
    go(`/campaigns/${draft.id}/edit`);
  } catch (error) {
    say(words.noCampaign, (error as Error).message, "red");
  }
}
