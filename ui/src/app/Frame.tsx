// The frame around every screen: header, navigation, banner slot.

import { AppShell } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { lazy, Suspense, useEffect } from "react";
import { useLocation } from "wouter";
import { useLive } from "@/live/useLive";
import { Loading } from "@/marks/Empty";
import { Banner } from "@/notices/Banner";
import { words } from "@/words/frame";
import { Header } from "./Header";
import { Newer } from "./Newer";
import { Places } from "./Places";
import { Ribbon } from "./Ribbon";
import { Screens } from "./Screens";
import { useTitle } from "./title";

const NarrowNav = lazy(() => import("./NarrowNav").then((room) => ({ default: room.NarrowNav })));
const Palette = lazy(() => import("./Palette").then((room) => ({ default: room.Palette })));

export function Frame() {
  const [opened, { toggle, close }] = useDisclosure(false);
  const [location] = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer closes with each change of place
  useEffect(close, [location]);
  useTitle();
  const bare =
    useLive((live) => live.link.status) === "signed-out" ||
    location.startsWith("/login") ||
    location.startsWith("/link");
  if (bare) {
    return (
      <Suspense fallback={<Loading />}>
        <Screens bare />
      </Suspense>
    );
  }
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 216, breakpoint: "sm", collapsed: { mobile: true } }}
      padding={0}
    >
      <AppShell.Header>
        <a href="#main" className="skip">
          {words.skip}
        </a>
        <Header opened={opened} toggle={toggle} />
      </AppShell.Header>
      <AppShell.Navbar p="sm">
        <Places />
      </AppShell.Navbar>
      {opened && (
        <Suspense>
          <NarrowNav close={close} />
        </Suspense>
      )}
      <AppShell.Main id="main" tabIndex={-1} style={{ outline: "none" }}>
        <Banner />
        <Newer />
        <Ribbon />
        <Suspense
          fallback={
            <div className="page">
              <Loading />
            </div>
          }
        >
          <Screens />
        </Suspense>
      </AppShell.Main>
      <Suspense>
        <Palette />
      </Suspense>
    </AppShell>
  );
}
