// Progress where a hidden tab still shows it: in its title and its icon.

import { useEffect } from "react";
import { useLive } from "@/live/useLive";
import { isRunning, progress } from "@/model/campaign";
import { words } from "@/words/frame";

export function useTitle(): void {
  const text = useLive((live) => {
    const running = Object.values(live.book.campaigns).filter(isRunning);
    const [first] = running;
    const cut = live.link.status === "lost";
    if (!first) return words.title(cut, "");
    const share = progress(first.counts);
    return words.title(cut, `${share === null ? "" : `${Math.floor(share * 100)} % `}${first.name}`);
  });
  const share = useLive((live) => {
    const first = Object.values(live.book.campaigns).find(isRunning);
    return first ? Math.round((progress(first.counts) ?? 0) * 50) / 50 : null;
  });
  const cut = useLive((live) => live.link.status === "lost");
  useEffect(() => {
    document.title = text;
  }, [text]);
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (link) link.href = share === null && !cut ? "/icon.svg" : drawn(share ?? 0, cut);
  }, [share, cut]);
}

/** A ring as an icon: how far the campaign is, red while there is no connection. */
function drawn(share: number, cut: boolean): string {
  const round = 2 * Math.PI * 24;
  const colour = cut ? "#c22" : "#0b8f6f";
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><circle cx="32" cy="32" r="24" fill="none" stroke="#9db5ac" stroke-width="13"/>` +
    `<circle cx="32" cy="32" r="24" fill="none" stroke="${colour}" stroke-width="13" stroke-dasharray="${round * (cut && !share ? 1 : share)} ${round}" transform="rotate(-90 32 32)"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
