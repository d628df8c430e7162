// A template as one of the contacts would get it, built by the server while it is written.

import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { act, path, workspace } from "@/api/client";
import type { Source } from "@/reading/templates";
import { type Built, Pane, useContact } from "./Pane";

interface Paged extends Built {
  /** Where a frame finds the HTML. */
  page: string | null;
}

/** What the server is told: MJML instead of the HTML that it makes of it. */
export function told({ html, mjml, ...parts }: Source) {
  return mjml.trim() ? { ...parts, mjml } : { ...parts, html, mjml: null };
}

export function Preview({ channel, parts }: { channel: "email" | "whatsapp"; parts: Source }) {
  const as = useContact();
  const { subject, preheader, text, html, mjml } = parts;
  const [asked] = useDebouncedValue(JSON.stringify(told({ subject, preheader, text, html, mjml })), 400);
  const message = JSON.parse(asked) as Partial<Source>;
  const written = channel === "email" ? Boolean(message.html || message.mjml || message.text) : Boolean(message.text);
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
