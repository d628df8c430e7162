// The ribbon of the demo: what to try, with the inbox that catches all of its mail.

import { Link } from "wouter";
import { words } from "@/words/frame";

const KEY = "homing.demo-inbox";

/** The inbox that the demo names in the address; only one of this machine counts. */
function inboxOf(): string | null {
  const named = new URLSearchParams(location.search).get("inbox");
  try {
    if (named && ["127.0.0.1", "localhost"].includes(new URL(named).hostname))
      sessionStorage.setItem(KEY, new URL(named).origin);
  } catch {
    // no address: nothing to show
  }
  return sessionStorage.getItem(KEY);
}

export function Ribbon() {
  const inbox = inboxOf();
  if (!inbox) return null;
  return (
    <div className="banner banner-green" data-testid="ribbon">
      <span className="banner-words small">
        <b>{words.demo.throwAway}</b> 1 <Link href="/campaigns">{words.demo.watch}</Link>. 2 {words.demo.pull} 3{" "}
        <a href={inbox} target="_blank" rel="noreferrer">
          {words.demo.inbox}
        </a>
        . 4 <Link href="/senders">{words.demo.connect}</Link>, {words.demo.later}
      </span>
    </div>
  );
}
