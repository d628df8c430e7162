// The card that a link from elsewhere leads to: in sight, marked, and where the keyboard goes on.

import { useEffect, useRef } from "react";

export function usePointed(pointed: boolean) {
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!pointed) return;
    card.current?.scrollIntoView({ block: "center" });
    card.current?.focus({ preventScroll: true });
  }, [pointed]);
  return { ref: card, tabIndex: pointed ? -1 : undefined, "data-pointed": pointed || undefined };
}
