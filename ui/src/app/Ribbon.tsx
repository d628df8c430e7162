// The ribbon of the demo: what to try, with the inbox that catches all of its mail.

import { Link } from "wouter";

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
        <b>Demo on throw-away data.</b> 1 <Link href="/campaigns">Watch it</Link>. 2 Pull the plug: the show kills the
        worker with kill -9 by itself; close this tab, or cut your network, and come back. 3{" "}
        <a href={inbox} target="_blank" rel="noreferrer">
          See the inbox
        </a>
        . 4 <Link href="/senders">Connect your sender</Link>, later, in an installation of your own (homing serve).
      </span>
    </div>
  );
}
