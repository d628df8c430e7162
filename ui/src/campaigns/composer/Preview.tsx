// The bytes that the server would send to one of them.

import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import { type Built, Pane, useContact } from "@/content/Pane";
import { words } from "@/words/composer";
import type { Writing } from "./useDraft";

export function Preview({ writing }: { writing: Writing }) {
  const as = useContact();
  const { draft } = writing;
  const written = Boolean(draft && draft.channel !== "whatsapp" && (draft.text || draft.html));
  const built = useQuery({
    queryKey: ["preview", draft?.id, draft?.control, draft?.html, draft?.text, draft?.subject, as.contact],
    queryFn: () => get<Built>(path(`/campaigns/${draft?.id}/preview`, { contact: as.contact })),
    enabled: written,
    retry: false,
    placeholderData: (old) => old,
  });
  const version = `${draft?.control}.${(draft?.html ?? "").length}.${hash(String(draft?.html ?? ""))}`;
  return (
    <section aria-label={words.preview}>
      <Pane
        email
        written={written}
        built={built}
        as={as}
        frame={(_, images) => path(`/campaigns/${draft?.id}/preview.html`, { contact: as.contact, images, v: version })}
      />
    </section>
  );
}

/** A short mark of a text, so that the frame loads anew when it has changed. */
function hash(text: string): number {
  let sum = 0;
  for (let place = 0; place < text.length; place += 1) sum = (Math.imul(sum, 31) + text.charCodeAt(place)) | 0;
  return sum >>> 0;
}
