// Blocks by pointer: from the grip to the gap that is nearest. Keys have their own way (the buttons up and down).

import { type PointerEvent, type RefObject, useEffect, useRef, useState } from "react";
import type { Side, Slot } from "@/model/design";

export interface Gap {
  slot: Slot;
  /** Where the line is drawn, within the canvas. */
  top: number;
  left: number;
  width: number;
}

const EDGE = 60; // pixels from the window's edge in which it scrolls

/** The gap that is nearest to a point of the window. `simple`: the block may stand in a column. */
function gapAt(canvas: HTMLElement, x: number, y: number, simple: boolean): Gap | null {
  const lists = [...canvas.querySelectorAll<HTMLElement>("[data-list]")];
  const within = ({ left, right, top, bottom }: DOMRect) => x >= left && x <= right && y >= top && y <= bottom;
  const columns = simple ? lists.filter((each) => each.dataset.list !== "message") : [];
  const list =
    columns.find((each) => within(each.getBoundingClientRect())) ??
    lists.find((each) => each.dataset.list === "message");
  if (!list) return null;
  const blocks = [...list.children].filter((each) => each instanceof HTMLElement && each.dataset.block);
  const rects = blocks.map((each) => each.getBoundingClientRect());
  const found = rects.findIndex((each) => y < each.top + each.height / 2);
  const at = found < 0 ? rects.length : found;
  const [own, frame] = [list.getBoundingClientRect(), canvas.getBoundingClientRect()];
  const edge = rects[at]?.top ?? rects.at(-1)?.bottom ?? own.top + 8;
  const [id, side] = (list.dataset.list ?? "").split(":");
  const of = side ? { id: id ?? "", side: side as Side } : null;
  return { slot: { of, at }, top: edge - frame.top, left: own.left - frame.left, width: own.width };
}

/** `to`: where the block was let go. */
export function useDrag(canvas: RefObject<HTMLElement | null>, to: (id: string, slot: Slot) => void) {
  const [dragged, setDragged] = useState<{ id: string; simple: boolean } | null>(null);
  const [gap, setGap] = useState<Gap | null>(null);
  const latest = useRef({ gap, to });
  latest.current = { gap, to };
  useEffect(() => {
    if (!dragged) return;
    const over = (event: globalThis.PointerEvent) => {
      if (event.clientY < EDGE) window.scrollBy(0, -12);
      else if (event.clientY > window.innerHeight - EDGE) window.scrollBy(0, 12);
      if (canvas.current) setGap(gapAt(canvas.current, event.clientX, event.clientY, dragged.simple));
    };
    const end = () => {
      setDragged(null);
      setGap(null);
    };
    const drop = () => {
      const { gap, to } = latest.current;
      end();
      if (gap) to(dragged.id, gap.slot);
    };
    const key = (event: KeyboardEvent) => {
      if (event.key === "Escape") end();
    };
    window.addEventListener("pointermove", over);
    window.addEventListener("pointerup", drop);
    window.addEventListener("pointercancel", end);
    window.addEventListener("keydown", key);
    return () => {
      window.removeEventListener("pointermove", over);
      window.removeEventListener("pointerup", drop);
      window.removeEventListener("pointercancel", end);
      window.removeEventListener("keydown", key);
    };
  }, [canvas, dragged]);
  const grip = (id: string, simple: boolean) => ({
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      event.preventDefault();
      setDragged({ id, simple });
    },
  });
  return { dragged: dragged?.id ?? null, gap, grip };
}
