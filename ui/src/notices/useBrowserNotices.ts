// Tells by the browser what is new while nobody looks at the page: by the leading tab only, and not where Web Push tells it.

import { useEffect, useRef } from "react";
import { useLive } from "@/live/useLive";
import type { Notice } from "./Bell";
import { tells, useChoices } from "./choices";
import { here } from "./push";

export function useBrowserNotices(notices: readonly Notice[]): void {
  const leads = useLive((live) => live.leads);
  const matrix = useChoices().data;
  const known = useRef<Set<string> | null>(null);
  useEffect(() => {
    if (known.current === null) {
      if (notices.length > 0 || matrix) known.current = new Set(notices.map((each) => each.cursor));
      return;
    }
    const before = known.current;
    const fresh = notices.filter((each) => each.unread && !before.has(each.cursor));
    for (const each of notices) before.add(each.cursor);
    const away = document.visibilityState === "hidden";
    if (!leads || !away || typeof Notification === "undefined" || Notification.permission !== "granted") return;
    for (const each of fresh.filter((one) => tells(matrix, one.kind, "browser"))) void show(each);
  }, [notices, matrix, leads]);
}

async function show(of: Notice): Promise<void> {
  if (await here()) return; // the push service tells it
  const registration = await navigator.serviceWorker?.getRegistration();
  const options = { body: of.text, tag: of.cursor, icon: "/icon.svg", data: { url: "/" } };
  if (registration) await registration.showNotification(of.subject, options);
  else new Notification(of.subject, options);
}
