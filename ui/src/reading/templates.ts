// Templates as the API tells them.

import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import type { FullTemplate, KeptChange, Template, Templates } from "@/api/schema";
import { type Design, identified } from "@/model/design";

export interface Parts {
  subject: string;
  preheader: string;
  text: string;
  html: string;
}

/** What a template is written in: the HTML may be made of MJML, and that of blocks. */
export interface Source extends Parts {
  mjml: string;
  design: Design | null;
}

export type { FullTemplate, Template };

export const partsOf = (of: Partial<Record<keyof Parts, string | null>>): Parts => ({
  subject: of.subject ?? "",
  preheader: of.preheader ?? "",
  text: of.text ?? "",
  html: of.html ?? "",
});

/** What is written, without what is made of it. */
export const sourceOf = (of: Partial<Pick<Template, keyof Source>>): Source => ({
  ...partsOf(of),
  ...(of.design ? { html: "" } : {}),
  mjml: of.design ? "" : (of.mjml ?? ""),
  design: of.design ? identified(of.design as Design) : null,
});

/** What the server is told: what the message is written in, and not what it makes of it. */
export function told({ html, mjml, design, ...parts }: Source): Omit<KeptChange, "name"> {
  if (design) return { ...parts, design };
  return mjml.trim() ? { ...parts, mjml, design: null } : { ...parts, html, mjml: null, design: null };
}

export function useTemplates() {
  return useQuery({
    queryKey: ["templates"],
    queryFn: async () => (await get<Templates>(path("/templates"))).items,
    placeholderData: (old) => old,
  });
}
