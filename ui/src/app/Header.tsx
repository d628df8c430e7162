// Brand, workspace, mini-player, connection, notices, theme, user.

import { ActionIcon, Burger, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Link } from "wouter";
import { Icon, Logo } from "@/marks/icons";
import { Pill } from "@/marks/Pill";
import { Bell } from "@/notices/Bell";
import { Account } from "./Account";

const MiniPlayer = lazy(() => import("@/campaigns/player/MiniPlayer").then((room) => ({ default: room.MiniPlayer })));

export function Header({ opened, toggle }: { opened: boolean; toggle: () => void }) {
  return (
    <div className="header">
      <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Places" />
      <Link href="/" className="plain brand" aria-label="Homing, to Home">
        <Logo />
        <span className="phone-hide">Homing</span>
      </Link>
      <div className="grow" style={{ display: "flex", justifyContent: "center" }}>
        <Suspense>
          <MiniPlayer />
        </Suspense>
      </div>
      <Pill />
      <Bell />
      <Scheme />
      <Account />
    </div>
  );
}

function Scheme() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light") === "dark";
  const words = dark ? "Light colours" : "Dark colours";
  return (
    <Tooltip label={words}>
      <ActionIcon className="phone-hide" aria-label={words} onClick={() => setColorScheme(dark ? "light" : "dark")}>
        <Icon name={dark ? "sun" : "moon"} />
      </ActionIcon>
    </Tooltip>
  );
}
