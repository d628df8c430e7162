// Brand, workspace, mini-player, connection, notices, theme, user.

import { ActionIcon, Burger, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Link } from "wouter";
import { Icon, Logo } from "@/marks/icons";
import { Pill } from "@/marks/Pill";
import { Bell } from "@/notices/Bell";
import { words } from "@/words/frame";
import { Account } from "./Account";

const MiniPlayer = lazy(() => import("@/campaigns/player/MiniPlayer").then((room) => ({ default: room.MiniPlayer })));

export function Header({ opened, toggle }: { opened: boolean; toggle: () => void }) {
  return (
    <div className="header">
      <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={words.places} />
      <Link href="/" className="plain brand" aria-label={words.toHome}>
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
  const other = dark ? words.lightColours : words.darkColours;
  return (
    <Tooltip label={other}>
      <ActionIcon className="phone-hide" aria-label={other} onClick={() => setColorScheme(dark ? "light" : "dark")}>
        <Icon name={dark ? "sun" : "moon"} />
      </ActionIcon>
    </Tooltip>
  );
}
