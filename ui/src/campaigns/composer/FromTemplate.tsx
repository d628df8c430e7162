// Takes the message of a template over into this draft.

import { Button, Menu, Text } from "@mantine/core";
import { Icon } from "@/marks/icons";
import { partsOf, useTemplates } from "@/reading/templates";
import { words } from "@/words/composer";
import type { Wishes } from "../drafts";

export function FromTemplate({ wishes, set }: { wishes: Wishes; set: (changes: Partial<Wishes>) => void }) {
  const found = useTemplates().data?.filter((each) => each.channel === "email") ?? [];
  if (found.length === 0) return null;
  const written = Boolean(wishes.html || wishes.text || wishes.subject);
  return (
    <Menu position="bottom-start" withinPortal width={280}>
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="templates" size={15} />}
          style={{ alignSelf: "start" }}
        >
          {words.fromTemplate}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={340} style={{ overflowY: "auto" }}>
        {written && <Menu.Label>{words.takesThePlace}</Menu.Label>}
        {found.map((each) => (
          <Menu.Item key={each.id} onClick={() => set({ ...partsOf(each), template: each.id })}>
            {each.name}
            <Text size="xs" c="dimmed" truncate="end">
              {each.subject}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
