// The variables that this workspace's contacts have, put into the message; `links`: and those of a message that has links.

import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import { Icon } from "@/marks/icons";
import type { Contact, Paged } from "@/reading/rooms";
import { words } from "@/words/templates";

const ALWAYS = ["name", "first_name", "last_name", "email", "phone"];

interface Props {
  insert: (name: string) => void;
  links?: boolean;
  /** The field that it stands beside: a small sign instead of the button. */
  into?: string;
}

export function Variables({ insert, links = false, into }: Props) {
  const some = useQuery({
    queryKey: ["contacts", "sample"],
    queryFn: () => get<Paged<Contact>>(path("/contacts", { limit: 50 })),
    staleTime: 60_000,
  });
  const found = new Set(some.data?.items.flatMap((each) => Object.keys(each.attributes)) ?? []);
  const names = [...ALWAYS, ...[...found].filter((each) => !ALWAYS.includes(each)).sort()].slice(0, 40);
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        {into === undefined ? (
          <Button size="xs" variant="default" leftSection={<Icon name="braces" size={15} />}>
            {words.variables}
          </Button>
        ) : (
          <Tooltip label={words.variable}>
            <ActionIcon size="sm" aria-label={words.variableInto(into)}>
              <Icon name="braces" size={15} />
            </ActionIcon>
          </Tooltip>
        )}
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
        <Menu.Label>{words.ofEachContact}</Menu.Label>
        {names.map((each) => (
          <Menu.Item key={each} onClick={() => insert(each)}>
            {each}
          </Menu.Item>
        ))}
        <Menu.Label>{words.withFallback}</Menu.Label>
        <Menu.Item onClick={() => insert('first_name | default("there")')}>
          {words.otherwise("first_name", "there")}
        </Menu.Item>
        {links && (
          <>
            <Menu.Label>{words.ofTheMessage}</Menu.Label>
            <Menu.Item onClick={() => insert("unsubscribe_url")}>unsubscribe_url</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
