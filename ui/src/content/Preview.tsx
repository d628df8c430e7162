// A template as one of the contacts would get it, built by the server while it is written.

import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { act, path, workspace } from "@/api/client";
import type { Parts } from "@/reading/templates";
import { type Built, Pane, useContact } from "./Pane";

interface Paged extends Built {
  /** Where a frame finds the HTML. */
  page: string | null;
}

export function Preview({ channel, parts }: { channel: "email" | "whatsapp"; parts: Parts }) {
  const as = useContact();
  const { subject, preheader, text, html } = parts;
  const [asked] = useDebouncedValue(JSON.stringify({ subject, preheader, text, html }), 400);
  const message = JSON.parse(asked) as Parts;
  const written = channel === "email" ? Boolean(message.html || message.text) : Boolean(message.text);
  const built = useQuery({
    queryKey: ["template", "preview", channel, asked, as.contact],
    queryFn: () =>
      act<Paged>({
        method: "POST",
        route: "/templates/preview",
        body: { ...(channel === "email" ? message : { text: message.text }), channel, contact: as.contact || null },
      }),
    enabled: written,
    retry: false,
    placeholderData: (old) => old,
  });
  return (
    <section className="card pad" aria-label="Preview">
      <Pane
        email={channel === "email"}
        written={written}
        built={built}
        as={as}
        frame={({ page }, images) => path(`/templates/preview/${page}`, { workspace: workspace(), images })}
      />
    </section>
  );
}
