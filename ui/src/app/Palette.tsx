// Ctrl-K (Cmd-K): go anywhere by typing. Single keys: n new, ? help, g then a letter is not needed: the palette has it all.

import { Kbd, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { useState } from "react";
import { useLocation } from "wouter";
import { useCampaigns } from "@/live/useLive";
import { Icon, type IconName } from "@/marks/icons";
import { PLACES } from "./navigation";

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
      <Modal opened={help} onClose={closeHelp} title="Keys" centered>
        <Stack gap="xs">
          {[
            ["Ctrl K", "go anywhere"],
            ["n", "new campaign"],
            ["p", "pause or resume, on a campaign's page"],
            ["/", "search, where there is a search"],
            ["?", "this list"],
            ["Esc", "close what is open"],
          ].map(([key, words]) => (
            <Text key={key} size="sm">
              <Kbd>{key}</Kbd> {words}
            </Text>
          ))}
          <Text size="xs" c="dimmed">
            The single keys can be switched off in Settings.
          </Text>
        </Stack>
      </Modal>
    </>
  );
}

function Finder({ close }: { close: () => void }) {
  const [, go] = useLocation();
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const campaigns = useCampaigns();
  const ways: Way[] = [
    { name: "New campaign", path: "/campaigns/new", icon: "plus" },
    { name: "Import contacts", path: "/imports/new", icon: "upload" },
    ...PLACES,
    ...campaigns.map((each) => ({ name: each.name, path: `/campaigns/${each.id}`, icon: "campaigns" as const })),
  ];
  const found = ways.filter((each) => each.name.toLowerCase().includes(words.toLowerCase())).slice(0, 9);
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
    <Modal opened onClose={close} withCloseButton={false} padding="xs" aria-label="Go anywhere">
      <TextInput
        data-autofocus
        aria-label="Where to"
        placeholder="Where to?"
        value={words}
        onChange={(event) => {
          setWords(event.currentTarget.value);
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
            Nothing here is called that.
          </Text>
        )}
      </div>
    </Modal>
  );
}
