// The marks of a text block (paragraphs, lists, **strong**, *leaning*, [words](address), tags), taken apart to be drawn. The server
// makes the message; this is how the editor shows it.

export type Piece =
  | { is: "words"; text: string }
  | { is: "tag"; text: string }
  | { is: "strong" | "leaning" | "link"; within: Piece[] };

export interface Part {
  list: boolean;
  lines: Piece[][];
}

const HELD = 0xf0000;
const PRIVATE = /[\u{f0000}-\u{ffffd}]/u;
const TAG = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\}/g;
const MARKS = [
  { is: "link", mark: /\[([^[\]\n]+)\]\([^()\s]*\)/u },
  { is: "strong", mark: /\*\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*\*/u },
  { is: "leaning", mark: /(?<![\p{L}\p{N}_*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\p{L}\p{N}_*])/u },
] as const;

export function takenApart(text: string): Part[] {
  const tags: string[] = [];
  const held = text.replace(TAG, (tag) => {
    tags.push(tag);
    return String.fromCodePoint(HELD + tags.length - 1);
  });
  return held
    .replace(/^\n+|\n+$/g, "")
    .split(/\n[ \t]*\n\s*/)
    .filter(Boolean)
    .map((part) => {
      const lines = part.split("\n");
      const list = lines.every((line) => line.startsWith("- "));
      return { list, lines: lines.map((line) => pieces(list ? line.slice(2) : line, tags)) };
    });
}

function pieces(line: string, tags: readonly string[]): Piece[] {
  for (const { is, mark } of MARKS) {
    const found = mark.exec(line);
    if (!found) continue;
    const [before, after] = [line.slice(0, found.index), line.slice(found.index + found[0].length)];
    return [...pieces(before, tags), { is, within: pieces(found[1] ?? "", tags) }, ...pieces(after, tags)];
  }
  const made: Piece[] = [];
  for (const part of line.split(/([\u{f0000}-\u{ffffd}])/u)) {
    const tag = PRIVATE.test(part) ? tags[(part.codePointAt(0) ?? HELD) - HELD] : undefined;
    if (tag !== undefined) made.push({ is: "tag", text: tag });
    else if (part) made.push({ is: "words", text: part });
  }
  return made;
}

/** A tag as a person reads it. `otherwise`: how a variable with a fallback is said. */
export function readable(tag: string, otherwise: (name: string, fallback: string) => string): string {
  const inside = tag.replace(/^\{[{%#]-?\s*|\s*-?[}%#]\}$/g, "");
  const found = /^([\w.]+)\s*\|\s*default\((["'])(.*)\2\)$/.exec(inside);
  return found ? otherwise(found[1] ?? "", found[3] ?? "") : inside;
}

/** Marks put around what is chosen in a text; what is chosen afterwards. */
export function marked(
  text: string,
  from: number,
  to: number,
  mark: "strong" | "leaning" | "link",
): { text: string; from: number; to: number } {
  const chosen = text.slice(from, to) || "words";
  const [before, after] = mark === "strong" ? ["**", "**"] : mark === "leaning" ? ["*", "*"] : ["[", "](https://)"];
  const made = `${text.slice(0, from)}${before}${chosen}${after}${text.slice(to)}`;
  const start = from + before.length;
  if (mark !== "link") return { text: made, from: start, to: start + chosen.length };
  const address = start + chosen.length + 2; // behind `](`
  return { text: made, from: address, to: address + "https://".length };
}
