// What a person may do to an import under way. Kept in the outbox: a click on a cut line is sent when it is back.

import { useMutation, useQueryClient } from "@tanstack/react-query";

import { again } from "@/api/client";
import type { MappingBody, homing__api__import_shapes__StartBody as StartBody } from "@/api/schema";
import type { Import } from "@/model/imports";
import { newKey } from "@/outbox/queue";
import { useOutbox, useWishes } from "@/outbox/useOutbox";
import { words } from "@/words/imports";

export type ImportVerb = "pause" | "resume" | "cancel";

/** `waits`: the verb that is on its way, so that the page can say so. */
export function useImportVerb(of: Import): { does: (verb: ImportVerb) => void; waits: ImportVerb | null } {
  const outbox = useOutbox();
  const route = `/imports/${of.importId}/`;
  const mine = useWishes().find((each) => each.route.startsWith(route));
  return {
    waits: (mine?.verb as ImportVerb | undefined) ?? null,
    does: (verb) =>
      outbox.put({
        key: newKey(),
        at: Date.now(),
        method: "POST",
        route: route + verb,
        label: words.verbOf(words.verbs[verb], of.fileName),
        verb,
        replay: verb === "pause" ? "silent" : "ask",
      }),
  };
}

interface Bodies {
  start: StartBody | undefined;
  mapping: MappingBody;
  undo: undefined;
}

/** Start, map and undo: done now or not at all. */
export function useImportAct<Verb extends keyof Bodies>(of: Import, verb: Verb, then: () => void = () => undefined) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Bodies[Verb]) =>
      again<Import>({ method: "POST", route: `/imports/${of.importId}/${verb}`, body, patience: 60_000 }),
    onSuccess: (told) => {
      client.setQueryData(["import", of.importId], told);
      void client.invalidateQueries({ queryKey: ["imports"] });
      then();
    },
  });
}
