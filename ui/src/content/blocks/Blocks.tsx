// The message in blocks: a canvas on which they are put, moved by pointer or by keys, changed where they stand, and undone.

import { ActionIcon, Button, Group, Menu, Text, Tooltip, VisuallyHidden } from "@mantine/core";
import { type KeyboardEvent, lazy, Suspense, useEffect, useRef, useState } from "react";
import { Icon, type IconName } from "@/marks/icons";
import {
  type Block,
  change,
  type Design,
  duplicate,
  find,
  fresh,
  freshId,
  identified,
  insert,
  isSimple,
  type Kind,
  LOOK,
  move,
  type Picture,
  placed,
  placeFor,
  pointerOf,
  remove,
  type Side,
  type Slot,
  step,
  WIDTH,
} from "@/model/design";
import { begun, did, redone, undone } from "@/model/history";
import { words } from "@/words/templates";
import { altOf, type Medium } from "../media/medium";
import { useDrag } from "./drag";
import { Looks } from "./Looks";
import { Placed } from "./Placed";
import "./blocks.css";

const Pictures = lazy(() => import("../media/Pictures").then((room) => ({ default: room.Pictures })));

const SIMPLE: readonly Kind[] = ["heading", "text", "button", "picture", "divider", "space"];
const KINDS: readonly Kind[] = ["heading", "text", "button", "picture", "columns", "divider", "space", "footer"];

/** What a block on the canvas can ask for. */
export interface Editing {
  chosen: string | null;
  dragged: string | null;
  /** The one that was just put in. */
  added: string | null;
  choose: (id: string | null) => void;
  change: (id: string, part: Partial<Block>) => void;
  step: (id: string, by: -1 | 1) => void;
  copy: (id: string) => void;
  remove: (id: string) => void;
  another: (id: string) => void;
  isWrong: (id: string) => boolean;
  fault: (id: string, field: string) => string | undefined;
  grip: (of: Block) => Pick<React.HTMLAttributes<HTMLElement>, "onPointerDown">;
  here: (insert: ((text: string) => void) | null) => void;
}

interface Props {
  design: Design;
  set: (design: Design) => void;
  /** Pointers of what the server found wrong, and its words. */
  faults: readonly { pointer: string; detail: string }[];
  here: Editing["here"];
}

export function Blocks({ design, set, faults, here }: Props) {
  const [history, setHistory] = useState(() => begun(identified(design)));
  const [chosen, setChosen] = useState<string | null>(null);
  const [added, setAdded] = useState<string | null>(null);
  const [told, setTold] = useState("");
  const [asked, setAsked] = useState<{ files: File[]; slot: Slot | string } | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLDivElement>(null);
  const [focus, setFocus] = useState({ on: "" }); // a selector: the focus goes there in the moment in which the blocks have moved
  const given = useRef(design);
  const now = history.now;

  // Brought back from a version, or taken from another device: an act like any other, and undone like one.
  useEffect(() => {
    if (given.current === design) return;
    given.current = design;
    setHistory((old) => did(old, identified(design), null, Date.now()));
  }, [design]);
  useEffect(() => {
    if (history.now === given.current || history.past.length + history.future.length === 0) return;
    given.current = history.now;
    set(history.now);
  }, [history, set]);
  useEffect(() => {
    if (focus.on) root.current?.querySelector<HTMLElement>(focus.on)?.focus();
  }, [focus]);

  const act = (next: Design, mark: string | null = null) => setHistory((old) => did(old, next, mark, Date.now()));
  const tell = (of: Design, id: string) => setTold(words.placed(placed(of, id)));
  const put = (block: Block, slot: Slot) => {
    act(insert(now, block, slot));
    setChosen(block.id);
    setAdded(block.id);
    setTold(words.added(block.kind));
  };
  const add = (kind: Kind, at?: Slot) => {
    const slot = at ?? placeFor(now, chosen, SIMPLE.includes(kind));
    if (kind === "picture") setAsked({ files: [], slot });
    else put(fresh(kind, freshId(now)), slot);
  };
  const take = (of: Medium) => {
    const slot = asked?.slot;
    if (slot === undefined) return;
    const shown = { src: of.url, alt: altOf(of), width: Math.min(of.width ?? WIDTH, WIDTH) };
    if (typeof slot === "string") act(change(now, slot, shown));
    else put({ id: freshId(now), kind: "picture", align: "center", ...shown } satisfies Picture, slot);
  };
  const { dragged, gap, grip } = useDrag(canvas, (id, slot) => {
    const next = move(now, id, slot);
    act(next);
    tell(next, id);
  });
  const editing: Editing = {
    chosen,
    dragged,
    added,
    choose: (id) => {
      setChosen(id);
      setAdded(null);
    },
    change: (id, part) => act(change(now, id, part), `${id} ${Object.keys(part).join()}`),
    step: (id, by) => {
      const next = step(now, id, by);
      act(next);
      tell(next, id);
      setFocus({ on: `[data-block="${id}"] [data-act=${by < 0 ? "up" : "down"}]` });
    },
    copy: (id) => {
      const made = duplicate(now, id);
      act(made.design);
      setChosen(made.id);
      setTold(words.duplicated);
      setFocus({ on: `[data-block="${made.id}"] .block-sight` });
    },
    remove: (id) => {
      const shown = [...(canvas.current?.querySelectorAll<HTMLElement>("[data-block]") ?? [])];
      const next = shown[shown.findIndex((each) => each.dataset.block === id) + 1] ?? shown.at(-2);
      act(remove(now, id));
      setChosen(null);
      setTold(words.removed);
      const other = next?.dataset.block;
      setFocus({ on: other && other !== id ? `[data-block="${other}"] .block-sight` : "[data-act=add]" });
    },
    another: (id) => setAsked({ files: [], slot: id }),
    isWrong: (id) => faults.some(({ pointer }) => pointer.startsWith(`${pointerOf(now, id)}/`)),
    fault: (id, field) => faults.find(({ pointer }) => pointer === `${pointerOf(now, id)}/${field}`)?.detail,
    grip: (of) => grip(of.id, isSimple(of)),
    here,
  };
  const travel = (back: boolean) => {
    setHistory(back ? undone : redone);
    setAdded(null);
    setTold(back ? words.undone : words.doneAgain);
  };
  const keys = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    travel(key === "z" && !event.shiftKey);
  };
  const look = { ...LOOK, ...now.look };
  const list = (blocks: readonly Block[]) =>
    blocks.map((each) => (
      <Placed key={each.id} of={each} look={look} editing={editing}>
        {each.kind === "columns" && (
          <div className="block-columns" style={{ gridTemplateColumns: `${each.share}fr ${100 - each.share}fr` }}>
            {(["left", "right"] as const).map((side) => (
              <div key={side}>
                <ol className="blocks" data-list={`${each.id}:${side}`} aria-label={words.column(side)}>
                  {list(each[side])}
                </ol>
                <AddTo side={side} add={(kind) => add(kind, { of: { id: each.id, side }, at: each[side].length })} />
              </div>
            ))}
          </div>
        )}
      </Placed>
    ));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: undo by keys, wherever in it one is; the buttons do the same
    <div ref={root} onKeyDown={keys} data-testid="blocks">
      <Group justify="space-between" gap="xs" mb="xs">
        <Group gap={0}>
          <Travel
            label={words.undo}
            icon="undo"
            keys="Control+Z"
            off={history.past.length === 0}
            act={() => travel(true)}
          />
          <Travel
            label={words.redo}
            icon="redo"
            keys="Control+Shift+Z"
            off={history.future.length === 0}
            act={() => travel(false)}
          />
        </Group>
        <Looks
          look={look}
          set={(part) => act({ ...now, look: { ...look, ...part } }, `look ${Object.keys(part)[0]}`)}
        />
      </Group>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: pictures may be dropped here; the button Picture does the same */}
      <div
        ref={canvas}
        className="canvas"
        style={{ background: look.background }}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          const files = [...event.dataTransfer.files];
          if (files.length > 0) setAsked({ files, slot: placeFor(now, chosen, true) });
        }}
      >
        <ol
          className="blocks"
          data-list="message"
          aria-label={words.blocksOfMessage}
          style={{ background: look.paper }}
        >
          {list(now.blocks)}
        </ol>
        {gap && <div className="block-gap" style={{ top: gap.top, left: gap.left, width: gap.width }} />}
      </div>
      <Text size="sm" mt="sm" mb={6} id="add-a-block">
        {chosen && find(now, chosen) ? words.addBehind : words.addBlock}
      </Text>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would want a frame of its own */}
      <div role="group" aria-labelledby="add-a-block" className="block-add">
        {KINDS.map((kind) => (
          <Button key={kind} size="xs" variant="default" data-act="add" onClick={() => add(kind)}>
            {words.kinds[kind]}
          </Button>
        ))}
      </div>
      <VisuallyHidden role="status">{told}</VisuallyHidden>
      {asked && (
        <Suspense>
          <Pictures dropped={asked.files} take={take} close={() => setAsked(null)} />
        </Suspense>
      )}
    </div>
  );
}

function AddTo({ side, add }: { side: Side; add: (kind: Kind) => void }) {
  return (
    <Menu position="bottom" withinPortal>
      <Menu.Target>
        <Button
          size="compact-xs"
          variant="default"
          className="block-add-to"
          leftSection={<Icon name="plus" size={13} />}
          aria-label={words.addTo(side)}
        >
          {words.add}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {SIMPLE.map((kind) => (
          <Menu.Item key={kind} onClick={() => add(kind)}>
            {words.kinds[kind]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Travel({
  label,
  icon,
  keys,
  off,
  act,
}: {
  label: string;
  icon: IconName;
  keys: string;
  off: boolean;
  act: () => void;
}) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        aria-label={label}
        aria-keyshortcuts={keys}
        aria-disabled={off}
        data-off={off || undefined}
        onClick={off ? undefined : act}
      >
        <Icon name={icon} size={17} />
      </ActionIcon>
    </Tooltip>
  );
}
