// The places of the page, in the order of the navigation.

import type { IconName } from "@/marks/icons";
import { words } from "@/words/frame";

export interface Place {
  path: string;
  name: string;
  icon: IconName;
}

export const places = (): Place[] => [
  { path: "/", name: words.place.home, icon: "home" },
  { path: "/campaigns", name: words.place.campaigns, icon: "campaigns" },
  { path: "/conversations", name: words.place.conversations, icon: "chat" },
  { path: "/contacts", name: words.place.contacts, icon: "contacts" },
  { path: "/media", name: words.place.media, icon: "picture" },
  { path: "/imports", name: words.place.imports, icon: "imports" },
  { path: "/templates", name: words.place.templates, icon: "templates" },
  { path: "/senders", name: words.place.senders, icon: "senders" },
  { path: "/settings", name: words.place.settings, icon: "settings" },
];
