// A template as one of the contacts would get it, built by the server while it is written.

import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { act, path, workspace } from "@/api/client";
import type { KeptChange, TemplatePreview } from "@/api/schema";
import { type Source, told } from "@/reading/templates";
import { words } from "@/words/templates";
import { Pane, useContact } from "./Pane";

export function Preview({ channel, parts }: { channel: "email" | "whatsapp"; parts: Source }) {
  const as = useContact();
  const { subject, preheader, text, html, mjml, design } = parts;
  const [asked] = useDebouncedValue(JSON.stringify(told({ subject, preheader, text, html, mjml, design })), 400);
  const message = JSON.parse(asked) as KeptChange;
  const laidOut = message.html || message.mjml || message.design?.blocks.length;
  const written = Boolean(message.text || (channel === "email" && laidOut));
  const built = useQuery({
    queryKey: ["template", "preview", channel, asked, as.contact],
    queryFn: () =>
      act<TemplatePreview>({
        method: "POST",
        route: "/templates/preview",
        body: {
          ...(channel === "email" ? message : { text: message.text ?? null }),
          channel,
          contact: as.contact || null,
        },
      }),
    enabled: written,
    retry: false,
    placeholderData: (old) => old,
  });
  return (
    <section className="card pad" aria-label={words.preview}>
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
