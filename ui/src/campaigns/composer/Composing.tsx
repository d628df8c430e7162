// Which draft is being written. One that gets its id while it is written goes on as it is; another one begins anew.

import { useState } from "react";
import { Composer } from "./Composer";
import { hasBegunHere } from "./useDraft";

export function Composing({ id }: { id: string | null }) {
  const [open, setOpen] = useState({ id, given: id, turn: 0 });
  if (open.id !== id) {
    const same = open.id === null && id !== null && hasBegunHere(id);
    setOpen(same ? { ...open, id } : { id, given: id, turn: open.turn + 1 });
  }
  return <Composer key={open.turn} id={open.given} />;
}
