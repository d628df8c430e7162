// WhatsApp's own marks in a text: *bold*, _italic_, ~struck through~; around whole words, within one line.

export interface Part {
  kind: "plain" | "bold" | "italic" | "struck";
  text: string;
}

const MARKS = { "*": "bold", _: "italic", "~": "struck" } as const;
const MARKED = /(?<![\p{L}\p{N}])([*_~])(?=\S)([^\n]*?\S)\1(?![\p{L}\p{N}])/gu;

export function marked(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const found of text.matchAll(MARKED)) {
    if (found.index > from) parts.push({ kind: "plain", text: text.slice(from, found.index) });
    parts.push({ kind: MARKS[found[1] as keyof typeof MARKS], text: found[2] as string });
    from = found.index + found[0].length;
  }
  if (from < text.length) parts.push({ kind: "plain", text: text.slice(from) });
  return parts;
}

/** How far an answer came, as WhatsApp shows it: one tick, two; what has none waits or failed. */
export const TICKS: Record<string, 1 | 2> = { sent: 1, delivered: 2, read: 2 };
