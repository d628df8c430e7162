// Ctrl-K (Cmd-K): go anywhere by typing. Single keys: n new, ? help, g then a letter is not needed: the palette has it all.

import { Kbd, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { useState } from "react";
import { useLocation } from "wouter";
import { useCampaigns } from "@/live/useLive";
import { Icon, type IconName } from "@/marks/icons";
import { words } from "@/words/frame";
import { places } from "./navigation";

interface Way {
  name: string;
  path: string;
  icon: IconName;
}

export function Palette() {
  const [opened, { open, close }] = useDisclosure(false);
  const [help, { open: openHelp, close: closeHelp }] = useDisclosure(false);
  const [, go] = useLocation();
  const single = localStorage.getItem("homing.keys") !== "off";
  useHotkeys([["mod+K", open]], []);
  useHotkeys(
    single
      ? [
          ["n", () => go("/campaigns/new")],
          ["?", openHelp],
          ["shift+?", openHelp],
        ]
      : [],
  );
  return (
    <>
      {opened && <Finder close={close} />}
      <Modal opened={help} onClose={closeHelp} title={words.keys} centered>
        <Stack gap="xs">
          {words.key.map(([key, does]) => (
            <Text key={key} size="sm">
              <Kbd>{key}</Kbd> {does}
            </Text>
          ))}
          <Text size="xs" c="dimmed">
            {words.keysOff}
          </Text>
        </Stack>
      </Modal>
    </>
  );
}

function Finder({ close }: { close: () => void }) {
  const [, go] = useLocation();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const campaigns = useCampaigns();
  const ways: Way[] = [
    { name: words.newCampaign, path: "/campaigns/new", icon: "plus" },
    { name: words.importContacts, path: "/imports/new", icon: "upload" },
    ...places(),
    ...campaigns.map((each) => ({ name: each.name, path: `/campaigns/${each.id}`, icon: "campaigns" as const })),
  ];
  const found = ways.filter((each) => each.name.toLowerCase().includes(typed.toLowerCase())).slice(0, 9);
  const choose = (way: Way | undefined) => {
    if (!way) return;
    close();
    go(way.path);
  };
  const onKey = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Enter") choose(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Modal opened onClose={close} withCloseButton={false} padding="xs" aria-label={words.goAnywhere}>
      <TextInput
        data-autofocus
        aria-label={words.whereTo}
        placeholder={words.whereToAsk}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKey}
        leftSection={<Icon name="search" />}
      />
      <div className="nav" style={{ marginTop: 8 }}>
        {found.map((each, place) => (
          <a
            key={each.path + each.name}
            href={each.path}
            aria-current={place === at ? "page" : undefined}
            onClick={(event) => {
              event.preventDefault();
              choose(each);
            }}
          >
            <Icon name={each.icon} />
            {each.name}
          </a>
        ))}
        {found.length === 0 && (
          <Text p="sm" c="dimmed">
            {words.nothingCalledThat}
          </Text>
        )}
      </div>
    </Modal>
  );
}
