// Templates as the API tells them.

import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import type { Paged } from "./rooms";

export interface Parts {
  subject: string;
  preheader: string;
  text: string;
  html: string;
}

/** What a template is written in: the HTML may be made of MJML. */
export interface Source extends Parts {
  mjml: string;
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

export const sourceOf = (of: Partial<Record<keyof Source, string | null>>): Source => ({
  ...partsOf(of),
  mjml: of.mjml ?? "",
});

export function useTemplates() {
  return useQuery({
    queryKey: ["templates"],
    queryFn: async () => (await get<Paged<Template>>(path("/templates"))).items,
    placeholderData: (old) => old,
  });
}
