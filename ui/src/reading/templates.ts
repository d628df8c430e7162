// Templates as the API tells them.

import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import type { Design } from "@/model/design";
import type { Paged } from "./rooms";

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

export interface Template {
  id: string;
  name: string;
  channel: "email" | "whatsapp";
  version: number;
  subject: string | null;
  preheader: string | null;
  text: string | null;
  html: string | null;
  mjml: string | null;
  design: Design | null;
  by: string;
  changed_at: string | null;
}

export interface FullTemplate extends Template {
  versions: { version: number; subject: string | null; by: string; at: string | null }[];
  used_in: { id: string; name: string }[];
}

export const partsOf = (of: Partial<Record<keyof Parts, string | null>>): Parts => ({
  subject: of.subject ?? "",
  preheader: of.preheader ?? "",
  text: of.text ?? "",
  html: of.html ?? "",
});

/** What is written, without what is made of it. */
export const sourceOf = (
  of: Partial<Record<keyof Parts | "mjml", string | null> & { design: Design | null }>,
): Source => ({
  ...partsOf(of),
  ...(of.design ? { html: "" } : {}),
  mjml: of.design ? "" : (of.mjml ?? ""),
  design: of.design ?? null,
});

/** What the server is told: what the message is written in, and not what it makes of it. */
export function told({ html, mjml, design, ...parts }: Source): Partial<Record<keyof Source, unknown>> {
  if (design) return { ...parts, design };
  return mjml.trim() ? { ...parts, mjml, design: null } : { ...parts, html, mjml: null, design: null };
}

export function useTemplates() {
  return useQuery({
    queryKey: ["templates"],
    queryFn: async () => (await get<Paged<Template>>(path("/templates"))).items,
    placeholderData: (old) => old,
  });
}
