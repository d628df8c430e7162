// A file of the library: what it is, and how it stands in a message.

import type { Medium } from "@/api/schema";
import type { Files, Going as OnItsWay } from "@/outbox/files";

export type { Medium };

export interface Fresh {
  name: string;
  file: Blob;
}

export type Going = OnItsWay<Fresh>;
export type Uploads = Files<Fresh, Medium>;

/** What a person chose or dropped. */
export const fresh = (files: Iterable<File>): Fresh[] => [...files].map((file) => ({ name: file.name, file }));

/** What a picture is called where it is not seen, unless somebody says better. */
export const altOf = (of: Medium): string => of.name.replace(/\.[a-z0-9]{2,5}$/i, "").replace(/["<>&{}]/g, " ");

/** How a picture stands in the HTML of a message. */
export function tagOf(of: Medium): string {
  const alt = altOf(of);
  if (of.width === null) return `<a href="${of.url}">${alt}</a>`;
  const width = Math.min(of.width, 600);
  return `<img src="${of.url}" alt="${alt}" width="${width}" style="max-width:100%;height:auto">`;
}

/** Whether only this machine can see it: recipients could not. */
export function isOnlyHere(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}
