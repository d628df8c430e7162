// The live layer as React reads it.

import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { Campaign } from "@/model/campaign";
import { listed } from "./book";
import type { Live, LiveLayer } from "./live";

export const LiveContext = createContext<LiveLayer | null>(null);

export function useLayer(): LiveLayer {
  const layer = useContext(LiveContext);
  if (layer === null) throw new Error("no live layer around this");
  return layer;
}

/** A part of the live state; re-renders when that part changes. */
export function useLive<Part>(pick: (live: Live) => Part): Part {
  const layer = useLayer();
  return useSyncExternalStore(layer.subscribe, () => pick(layer.state()));
}

export const useLink = () => useLive((live) => live.link);

export function useCampaigns(): Campaign[] {
  return listed(useLive((live) => live.book));
}

export function useCampaign(id: string): Campaign | null {
  return useLive((live) => live.book.campaigns[id] ?? null);
}

export const useTick = (topic: string): number => useLive((live) => live.ticks[topic] ?? 0);

/** The time, each second: for countdowns, and so that an old rate turns into "-". */
export function useNow(every = 1_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
