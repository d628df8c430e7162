// How many conversations have something new, beside their place in the navigation.

import { number } from "@/model/words";
import { useUnread } from "@/reading/conversations";
import { words } from "@/words/frame";

export function Unread() {
  const unread = useUnread();
  if (unread === 0) return null;
  return (
    <span className="nav-count num" data-testid="nav-unread">
      {number(unread)}
      <span className="hidden-words"> {words.unread}</span>
    </span>
  );
}
