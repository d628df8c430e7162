// A message of blocks: what there is, and how one is put in, moved, changed and taken out again. Pure; each act gives a new design.

export type Align = "left" | "center" | "right";

interface Placed {
  /** Of this editor: it stays with the block wherever it goes. */
  id: string;
}
export interface Heading extends Placed {
  kind: "heading";
  text: string;
  level: 1 | 2;
  align: Align;
}
export interface Words extends Placed {
  kind: "text";
  text: string;
  align: Align;
}
export interface Press extends Placed {
  kind: "button";
  text: string;
  href: string;
  align: Align;
}
export interface Picture extends Placed {
  kind: "picture";
  src: string;
  alt: string;
  width: number;
  href?: string;
  align: Align;
}
export interface Divider extends Placed {
  kind: "divider";
}
export interface Space extends Placed {
  kind: "space";
  height: number;
}
export type Simple = Heading | Words | Press | Picture | Divider | Space;
export type Side = "left" | "right";
export interface Columns extends Placed {
  kind: "columns";
  share: 33 | 50 | 67;
  left: Simple[];
  right: Simple[];
}
export interface Footer extends Placed {
  kind: "footer";
  text: string;
  link: string;
}
export type Block = Simple | Columns | Footer;
export type Kind = Block["kind"];

export interface Look {
  accent: string;
  background: string;
  paper: string;
  ink: string;
  font: "sans" | "serif";
}
export interface Design {
  look?: Partial<Look> | null;
  blocks: Block[];
}

export const LOOK: Look = {
  accent: "#0b6e5b",
  background: "#f4f6f5",
  paper: "#ffffff",
  ink: "#1d2a25",
  font: "sans",
};
export const WIDTH = 600;
/** Where a block stands or would stand: `of`: the columns that it is in, null for the message itself. */
export interface Slot {
  of: { id: string; side: Side } | null;
  at: number;
}

export const isSimple = (of: Block): of is Simple => of.kind !== "columns" && of.kind !== "footer";

/** What a block has of which nothing was said; the server goes by the same. */
const USUAL: { [K in Kind]: Partial<Extract<Block, { kind: K }>> } = {
  heading: { level: 1, align: "left" },
  text: { align: "left" },
  button: { align: "left" },
  picture: { alt: "", width: WIDTH, align: "center" },
  columns: { share: 50 },
  divider: {},
  space: { height: 24 },
  footer: { text: "", link: "Unsubscribe" },
};

/** What the API gave, each block with all that it has, and with an id of its own. */
export function identified(of: Design): Design {
  let next = 1;
  const seen = new Set<string>();
  const named = <B extends Block>(block: B): B => {
    let id = block.id;
    while (!id || seen.has(id)) id = `b${next++}`;
    seen.add(id);
    return { ...USUAL[block.kind], ...block, id };
  };
  const blocks = of.blocks.map((block) => {
    const made = named(block);
    return made.kind === "columns" ? { ...made, left: made.left.map(named), right: made.right.map(named) } : made;
  });
  return { ...of, blocks };
}

export const all = (of: Design): Block[] =>
  of.blocks.flatMap<Block>((block) => (block.kind === "columns" ? [block, ...block.left, ...block.right] : [block]));

export const find = (of: Design, id: string | null): Block | undefined => all(of).find((each) => each.id === id);

export function freshId(of: Design): string {
  const used = all(of).map((each) => Number(/^b(\d+)$/.exec(each.id)?.[1] ?? 0));
  return `b${Math.max(0, ...used) + 1}`;
}

export function fresh(kind: Exclude<Kind, "picture">, id: string): Block {
  switch (kind) {
    case "heading":
      return { id, kind, text: "Heading", level: 1, align: "left" };
    case "text":
      return { id, kind, text: "", align: "left" };
    case "button":
      return { id, kind, text: "Have a look", href: "", align: "left" };
    case "columns":
      return { id, kind, share: 50, left: [], right: [] };
    case "divider":
      return { id, kind };
    case "space":
      return { id, kind, height: 24 };
    case "footer":
      return { id, kind, text: "You get this because you signed up.", link: "Unsubscribe" };
  }
}

function listOf(of: Design, slot: Slot["of"]): readonly Block[] {
  if (slot === null) return of.blocks;
  const found = of.blocks.find((each) => each.id === slot.id);
  return found?.kind === "columns" ? found[slot.side] : [];
}

/** The design with one of its lists replaced. */
function withList(of: Design, slot: Slot["of"], list: readonly Block[]): Design {
  if (slot === null) return { ...of, blocks: [...list] };
  const blocks = of.blocks.map((each) =>
    each.id === slot.id && each.kind === "columns" ? { ...each, [slot.side]: list.filter(isSimple) } : each,
  );
  return { ...of, blocks };
}

export function slotOf(of: Design, id: string): Slot | null {
  for (const [at, block] of of.blocks.entries()) {
    if (block.id === id) return { of: null, at };
    if (block.kind !== "columns") continue;
    for (const side of ["left", "right"] as const) {
      const within = block[side].findIndex((each) => each.id === id);
      if (within >= 0) return { of: { id: block.id, side }, at: within };
    }
  }
  return null;
}

export function insert(of: Design, block: Block, slot: Slot): Design {
  if (slot.of !== null && !isSimple(block)) return of;
  const list = listOf(of, slot.of);
  return withList(of, slot.of, [...list.slice(0, slot.at), block, ...list.slice(slot.at)]);
}

export function remove(of: Design, id: string): Design {
  const slot = slotOf(of, id);
  if (slot === null) return of;
  return withList(
    of,
    slot.of,
    listOf(of, slot.of).filter((each) => each.id !== id),
  );
}

export function change(of: Design, id: string, part: Partial<Block>): Design {
  const slot = slotOf(of, id);
  if (slot === null) return of;
  const changed = listOf(of, slot.of).map((each) => (each.id === id ? ({ ...each, ...part } as Block) : each));
  return withList(of, slot.of, changed);
}

/** Behind itself, with ids of its own. */
export function duplicate(of: Design, id: string): { design: Design; id: string } {
  const [block, slot] = [find(of, id), slotOf(of, id)];
  if (!block || !slot) return { design: of, id };
  const copied = { ...block, id: freshId(of) };
  const added = insert(of, copied.kind === "columns" ? { ...copied, left: [], right: [] } : copied, {
    ...slot,
    at: slot.at + 1,
  });
  if (copied.kind !== "columns") return { design: added, id: copied.id };
  const filled = (["left", "right"] as const).reduce(
    (made, side) =>
      copied[side].reduce(
        (more, each, at) => insert(more, { ...each, id: freshId(more) }, { of: { id: copied.id, side }, at }),
        made,
      ),
    added,
  );
  return { design: filled, id: copied.id };
}

/** To a place of the design as it is now, the block still in it. */
export function move(of: Design, id: string, to: Slot): Design {
  const [block, from] = [find(of, id), slotOf(of, id)];
  if (!block || !from || (to.of !== null && !isSimple(block))) return of;
  const same = from.of?.id === to.of?.id && from.of?.side === to.of?.side;
  const at = same && to.at > from.at ? to.at - 1 : to.at;
  return insert(remove(of, id), block, { ...to, at });
}

/** All places where a block may stand, from top to bottom; the block itself is not in `of`. */
function places(of: Design, block: Block): Slot[] {
  const made: Slot[] = [];
  for (const [at, each] of of.blocks.entries()) {
    made.push({ of: null, at });
    if (each.kind !== "columns" || !isSimple(block)) continue;
    for (const side of ["left", "right"] as const)
      for (let within = 0; within <= each[side].length; within++) made.push({ of: { id: each.id, side }, at: within });
  }
  return [...made, { of: null, at: of.blocks.length }];
}

/** One place up (-1) or down (1): through columns too, so that keys reach whatever a pointer does. */
export function step(of: Design, id: string, by: -1 | 1): Design {
  const [block, from] = [find(of, id), slotOf(of, id)];
  if (!block || !from) return of;
  const without = remove(of, id);
  const found = places(without, block);
  const here = found.findIndex(
    (each) => each.at === from.at && each.of?.id === from.of?.id && each.of?.side === from.of?.side,
  );
  const to = found[here + by];
  return to ? insert(without, block, to) : of;
}

/** Where something new goes: behind what is chosen; with nothing chosen at the end, but before the footer. */
export function placeFor(of: Design, chosen: string | null, simple: boolean): Slot {
  const slot = chosen === null ? null : slotOf(of, chosen);
  if (slot && (slot.of === null || simple)) return { ...slot, at: slot.at + 1 };
  if (slot?.of) return { of: null, at: of.blocks.findIndex((each) => each.id === slot.of?.id) + 1 };
  const last = of.blocks.at(-1);
  return { of: null, at: of.blocks.length - (last?.kind === "footer" ? 1 : 0) };
}

export interface Stand {
  kind: Kind;
  place: number;
  of: number;
  /** The column that it is in. */
  side: Side | null;
}

/** Where it stands, to be said. */
export function placed(of: Design, id: string): Stand | null {
  const [block, slot] = [find(of, id), slotOf(of, id)];
  if (!block || !slot) return null;
  return { kind: block.kind, place: slot.at + 1, of: listOf(of, slot.of).length, side: slot.of?.side ?? null };
}

/** The pointer (RFC 6901) of a block in what the server is told. */
export function pointerOf(of: Design, id: string): string {
  const slot = slotOf(of, id);
  if (!slot) return "";
  if (!slot.of) return `/design/blocks/${slot.at}`;
  return `/design/blocks/${of.blocks.findIndex((each) => each.id === slot.of?.id)}/${slot.of.side}/${slot.at}`;
}

/** Black or white, whichever stands out more from `#rrggbb`: as the server draws buttons. */
export function readableOn(colour: string): string {
  const linear = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const [red = 0, green = 0, blue = 0] = linear;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.179 ? "#ffffff" : "#000000";
}
