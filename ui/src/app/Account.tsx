// Who is signed in, which workspace, and the way out.

import { ActionIcon, Menu } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { act, chooseWorkspace, get, path, workspace } from "@/api/client";
import { Snapshot } from "@/live/snapshot";
import { Icon } from "@/marks/icons";
import { wipeImports } from "@/reading/imports";
import { type Me, useMe, type Workspace } from "@/reading/people";
import { words } from "@/words/frame";

export function Account() {
  const [, go] = useLocation();
  const client = useQueryClient();
  const me = useMe();
  const workspaces = useQuery({
    queryKey: ["workspaces"],
    queryFn: () => get<{ items: Workspace[] }>(path("/workspaces")),
    staleTime: 60_000,
  });
  const items = workspaces.data?.items ?? [];
  const chosen = workspace();
  const here = items.find((each) => each.id === chosen) ?? items.find((each) => each.name === "default") ?? items[0];
  const change = (id: string) => {
    chooseWorkspace(id);
    client.clear();
    location.assign("/");
  };
  return (
    <Menu position="bottom-end" width={240} withinPortal>
      <Menu.Target>
        <ActionIcon aria-label={words.account(here?.name)}>
          <Icon name="user" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{nameOf(me.data)}</Menu.Label>
        {items.length > 0 && <Menu.Label>{words.workspace}</Menu.Label>}
        {items.map((each) => (
          <Menu.Item
            key={each.id}
            onClick={() => change(each.id)}
            leftSection={each === here ? <Icon name="done" size={16} /> : <span style={{ width: 16 }} />}
          >
            {each.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="settings" size={16} />} onClick={() => go("/settings")}>
          {words.settings}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="braces" size={16} />} component="a" href="/api/docs">
          {words.api}
        </Menu.Item>
        {me.data?.kind === "user" && (
          <Menu.Item leftSection={<Icon name="off" size={16} />} onClick={() => void signOut()}>
            {words.signOut}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

const nameOf = (me: Me | null | undefined) =>
  me?.kind === "user" ? (me.email ?? me.name ?? words.signedIn) : words.onThisMachine;

async function signOut(): Promise<void> {
  await import("@/notices/push").then((room) => room.stopPush()).catch(() => undefined); // nobody else reads what is yours
  await act({ method: "POST", route: "/logout" }).catch(() => undefined);
  Snapshot.wipe();
  wipeImports();
  indexedDB.deleteDatabase("homing-uploads"); // files on their way: whoever signs in next has no business with them
  location.assign("/login");
}
