// The composition root of the page: theme, live layer, outbox, data, frame.

import { DirectionProvider, MantineProvider } from "@mantine/core";
import { onlineManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo } from "react";
import { get, path } from "@/api/client";
import { Problem } from "@/api/problem";
import { LiveLayer } from "@/live/live";
import { LiveContext } from "@/live/useLive";
import type { Campaign } from "@/model/campaign";
import { Outbox } from "@/outbox/queue";
import { OutboxContext } from "@/outbox/useOutbox";
import { Answers } from "./Answers";
import { Frame } from "./Frame";
import { theme } from "./theme";

const Toasts = lazy(() => import("@/notices/Toasts").then((room) => ({ default: room.Toasts })));
const OUTBOX = "homing.outbox.v1";
const nonce = () => document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

export function App() {
  const layer = useMemo(() => new LiveLayer(), []);
  const client = useMemo(makeClient, []);
  const outbox = useMemo(() => new Outbox(localStorage, OUTBOX, undefined, versionOf), []);
  useEffect(() => {
    layer.start();
    const onShelf = (event: StorageEvent) => event.key === OUTBOX && outbox.reread();
    addEventListener("storage", onShelf);
    let before = layer.state().link.status;
    onlineManager.setOnline(true);
    // A file that was on its way when the page went goes on, whichever screen is opened first.
    if (localStorage.getItem("homing.uploads.v1")) void import("@/contacts/imports/upload").then((room) => room.goOn());
    const leave = layer.subscribe(() => {
      const { link, leads } = layer.state();
      if (link.status === before) return;
      const opened = link.status === "open";
      before = link.status;
      if (!opened) return;
      if (leads) void outbox.replay();
      void client.invalidateQueries();
    });
    return () => {
      leave();
      removeEventListener("storage", onShelf);
      layer.stop();
    };
  }, [layer, outbox, client]);
  return (
    <DirectionProvider initialDirection={document.dir === "rtl" ? "rtl" : "ltr"}>
      <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={nonce}>
        <QueryClientProvider client={client}>
          <LiveContext.Provider value={layer}>
            <OutboxContext.Provider value={outbox}>
              <Suspense>
                <Toasts />
              </Suspense>
              <Answers />
              <Frame />
            </OutboxContext.Provider>
          </LiveContext.Provider>
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  );
}

async function versionOf(id: string): Promise<number | null> {
  const found = await get<Campaign>(path(`/campaigns/${id}`));
  return found.control;
}

function makeClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: "always",
        staleTime: 2_000,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        retry: (times, error) => times < 1 && error instanceof Problem && error.status >= 500,
      },
      mutations: { networkMode: "always" },
    },
  });
}
