// Languages that nobody speaks, made of the English words: each two fifths longer and with marks on its letters, so that tests see what
// a translation would meet. No list offers them: a browser gets them that asks for en-XA, or from right to left for ar-XB.

const MARKED: Record<string, string> = {
  ...{ a: "àá", e: "èé", i: "ìí", o: "òó", u: "ùú" },
  ...{ A: "ÀÁ", E: "ÈÉ", I: "ÌÍ", O: "ÒÓ", U: "ÙÚ" },
};
const VARIABLE = /(\{\{[^}]*\}\})/; // stands in messages as it is

export function stretched(text: string): string {
  const parts = text.split(VARIABLE).map((part, at) => (at % 2 ? part : part.replace(/[aeiou]/gi, marked)));
  const made = parts.join("");
  if (!/[A-Za-z]{2}/.test(text)) return made;
  return made.padEnd(Math.ceil(text.length * 1.4), text.includes(" ") ? " ~~~~" : "~"); // a sentence can be broken there
}

const marked = (letter: string) => MARKED[letter] ?? letter;

const known = new WeakMap<object, object>();

/** The same words, whichever shape they have: a text, a sentence with something in it, a table. */
export function otherwise<Words>(english: Words): Words {
  const said: unknown = english;
  if (typeof said === "string") return stretched(said) as Words;
  if (typeof said === "function") return ((...given: unknown[]) => otherwise(said(...given))) as Words;
  if (typeof said !== "object" || said === null) return english;
  const made = known.get(said) ?? (Array.isArray(said) ? said.map(otherwise) : mapped(said));
  known.set(said, made);
  return made as Words;
}

const mapped = (table: object): object =>
  Object.fromEntries(Object.entries(table).map(([name, said]) => [name, otherwise(said as unknown)]));
