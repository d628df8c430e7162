// Which column was what, for files with the same headings: remembered in this browser.

import type { Choice } from "./Mapping";

const KEY = "homing.mapping.v1";
const MOST = 20;

type Old = Pick<Choice, "columns" | "defaultCountry">;

const nameOf = (header: string[]) => header.join("\u001f");

function all(): [string, Old][] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]") as [string, Old][];
  } catch {
    return [];
  }
}

export function remembered(header: string[]): Old | null {
  return all().find(([name]) => name === nameOf(header))?.[1] ?? null;
}

export function remember(header: string[], { columns, defaultCountry }: Old): void {
  const others = all().filter(([name]) => name !== nameOf(header));
  try {
    localStorage.setItem(
      KEY,
      JSON.stringify([[nameOf(header), { columns, defaultCountry }], ...others].slice(0, MOST)),
    );
  } catch {
    // full or forbidden: it is chosen again next time
  }
}
