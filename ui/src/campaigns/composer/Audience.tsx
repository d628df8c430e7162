// Who gets it: lists, everybody, or people picked elsewhere; and who of them gets nothing.

import { MultiSelect, Radio, Stack, Text } from "@mantine/core";
import { Link } from "wouter";
import { count, number } from "@/model/words";
import { useLists } from "@/reading/rooms";
import type { AudienceWish, Wishes } from "../drafts";
import type { Tally } from "./Composer";

interface Props {
  wishes: Wishes;
  set: (changes: Partial<Wishes>) => void;
  tally: Tally | null;
  error: Error | null;
}

export function Audience({ wishes, set, tally, error }: Props) {
  const lists = useLists();
  const { audience } = wishes;
  const how = audience.all ? "all" : audience.contacts ? "contacts" : "lists";
  const options = (lists.data ?? []).map((each) => ({
    value: each.id,
    label: `${each.name} (${number(each.members)})`,
  }));
  const known = (values: string[] | undefined) =>
    (values ?? []).map((each) => lists.data?.find((list) => list.id === each || list.name === each)?.id ?? each);
  const change = (next: AudienceWish) => set({ audience: clean(next) });
  const without = audience.exclude_lists ? { exclude_lists: audience.exclude_lists } : {};
  return (
    <Stack gap="sm">
      <Radio.Group
        value={how}
        onChange={(value) => change({ ...(value === "all" ? { all: true } : {}), ...without })}
        label="Who gets it"
      >
        <Stack gap={8} mt={6}>
          <Radio value="lists" label="People on lists" />
          <Radio value="all" label="Everybody in this workspace" />
          {audience.contacts && (
            <Radio
              value="contacts"
              label={`${count(audience.contacts.length, "person", "people")} picked in Contacts`}
            />
          )}
        </Stack>
      </Radio.Group>
      {how === "lists" && (
        <MultiSelect
          label="Lists"
          placeholder={audience.lists?.length ? "" : "Choose one or more"}
          data={options}
          value={known(audience.lists)}
          onChange={(value) => change({ lists: value, ...without })}
          searchable
          nothingFoundMessage="No list of that name"
          data-testid="lists"
        />
      )}
      {lists.data?.length === 0 && (
        <Text size="sm">
          There are no lists yet. <Link href="/imports/new">Import contacts</Link> makes one.
        </Text>
      )}
      <MultiSelect
        label="Leave out who is on"
        data={options}
        value={known(audience.exclude_lists)}
        onChange={(value) => change({ ...audience, exclude_lists: value })}
        searchable
      />
      <Text size="sm" role="status" data-testid="tally">
        {error ? error.message : tally ? told(tally, wishes.channel) : "Nobody is chosen yet."}
      </Text>
    </Stack>
  );
}

function told(of: Tally, channel: string): string {
  const words = [`${number(of.reachable)} will get it`];
  if (of.suppressed > 0) words.push(`${number(of.suppressed)} unsubscribed or suppressed`);
  if (of.without_address > 0)
    words.push(
      `${number(of.without_address)} without ${channel === "whatsapp" ? "a phone number" : "an e-mail address"}`,
    );
  return words.join(" · ");
}

function clean(wish: AudienceWish): AudienceWish {
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => !(Array.isArray(value) && value.length === 0)));
}
