// Drafts as the API keeps them.

import { act, actFully, ask, get, path } from "@/api/client";
import type { ButtonValue, Place, Values } from "@/model/approved";
import type { Campaign, Mode } from "@/model/campaign";
import { words } from "@/words/campaigns";

export interface AudienceWish {
  all?: boolean;
  lists?: string[];
  exclude_lists?: string[];
  segment?: string;
  contacts?: string[];
}

/** What a person can change of a campaign, under the names of the API. */
export interface Approved {
  name: string;
  language?: string;
  /** Values of the variables: a list where they are numbered, an object where they have names. */
  header?: Values | undefined;
  body?: Values | undefined;
  location?: Place | undefined;
  buttons?: ButtonValue[] | undefined;
}

export interface Attachment {
  position: number;
  filename: string;
  content_type: string;
  size_bytes: number;
  /** Over both channels: with which message it goes. */
  channel?: "email" | "whatsapp";
}

export interface ChatWish {
  text: string;
  whatsapp_template: Approved | null;
}

export interface Wishes {
  /** Named when a template was taken over: the campaign says so. */
  template?: string;
  name: string;
  channel: "email" | "whatsapp" | "mixed";
  mode: Mode;
  audience: AudienceWish;
  subject: string;
  preheader: string;
  text: string;
  html: string;
  whatsapp_template: Approved | null;
  /** Over both channels: what is said over WhatsApp, and which channel comes first where consent does not decide. */
  whatsapp: ChatWish | null;
  prefer: ("email" | "whatsapp")[] | null;
  senders: string[];
  from: string;
  reply_to: string;
  start_at: string | null;
  window: { opens: string; closes: string; zone: string } | null;
  canary: number | null;
  stop_if_failed: number | null;
  /** What is counted of what readers do: nothing unless it says so. */
  tracking: { opens: boolean; clicks: boolean };
}

export type Draft = Campaign &
  Partial<Record<Exclude<keyof Wishes, "channel">, unknown>> & {
    audience?: AudienceWish;
    text?: string;
    html?: string;
    attachments?: Attachment[];
  };

export const KEPT: (keyof Wishes)[] = [
  "name",
  "channel",
  "mode",
  "audience",
  "subject",
  "preheader",
  "text",
  "html",
  "whatsapp_template",
  "whatsapp",
  "prefer",
  "senders",
  "from",
  "reply_to",
  "start_at",
  "window",
  "canary",
  "stop_if_failed",
  "tracking",
];

export async function load(id: string): Promise<Draft> {
  return get<Draft>(path(`/campaigns/${id}`));
}

export async function create(wishes: Partial<Wishes>): Promise<Draft> {
  return act<Draft>({ method: "POST", route: "/campaigns", body: given(wishes) });
}

/** Raises a Problem of 412 when another device was quicker. */
export async function save(id: string, changes: Partial<Wishes>, control: number): Promise<Draft> {
  const wish = { method: "PATCH", route: `/campaigns/${id}`, body: given(changes), match: `"${control}"` } as const;
  return (await actFully<Draft>(wish)).body;
}

/** One file of a WhatsApp message, as it is. */
export async function attach(id: string, file: File): Promise<Attachment> {
  const route = path(`/campaigns/${id}/attachments`, { filename: file.name, channel: "whatsapp" });
  return (await ask<Attachment>(route, { method: "POST", headers: { "Content-Type": file.type }, body: file }, 120_000))
    .body;
}

/** The one file of the WhatsApp message. */
export const fileOf = (draft: Draft | null): Attachment | undefined =>
  draft?.channel === "mixed" ? draft.attachments?.find((each) => each.channel === "whatsapp") : draft?.attachments?.[0];

export async function detach(id: string, position: number): Promise<void> {
  await act({ method: "DELETE", route: `/campaigns/${id}/attachments/${position}` });
}

export async function remove(id: string): Promise<void> {
  await act({ method: "DELETE", route: `/campaigns/${id}` });
}

/** A copy as a draft: the same people, message and sender; nothing of what was sent. */
export async function clone(id: string): Promise<Draft> {
  const old = await load(id);
  const wishes: Record<string, unknown> = {};
  for (const name of KEPT) {
    const value = old[name];
    if (name !== "start_at" && name !== "mode" && value !== null && value !== undefined && value !== "")
      wishes[name] = value;
  }
  return create({ ...(wishes as Partial<Wishes>), name: words.copyOf(old.name) });
}

/** Empty texts are left out or told as null, as the API wants it. */
function given(wishes: Partial<Wishes>): Record<string, unknown> {
  const told = Object.fromEntries(Object.entries(wishes).map(([name, value]) => [name, value === "" ? null : value]));
  return wishes.whatsapp ? { ...told, whatsapp: { ...wishes.whatsapp, text: wishes.whatsapp.text || null } } : told;
}
