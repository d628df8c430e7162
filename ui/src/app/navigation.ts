// The places of the page, in the order of the navigation.

import type { IconName } from "@/marks/icons";

export interface Place {
  path: string;
  name: string;
  icon: IconName;
}

export const PLACES: Place[] = [
  { path: "/", name: "Home", icon: "home" },
  { path: "/campaigns", name: "Campaigns", icon: "campaigns" },
  { path: "/conversations", name: "Conversations", icon: "chat" },
  { path: "/contacts", name: "Contacts", icon: "contacts" },
  { path: "/media", name: "Media", icon: "picture" },
  { path: "/imports", name: "Imports", icon: "imports" },
  { path: "/templates", name: "Templates", icon: "templates" },
  { path: "/senders", name: "Senders", icon: "senders" },
  { path: "/settings", name: "Settings", icon: "settings" },
];
