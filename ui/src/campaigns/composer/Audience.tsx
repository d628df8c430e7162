// Who gets it: lists, a segment, everybody, or people picked elsewhere; and who of them gets nothing.

import { MultiSelect, Radio, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { number } from "@/model/words";
import { useLists, useSegments } from "@/reading/rooms";
import { words } from "@/words/composer";
import type { AudienceWish, Wishes } from "../drafts";
import { type Tally, tallyWords } from "./ways";

interface Props {
  wishes: Wishes;
  set: (changes: Partial<Wishes>) => void;
  tally: Tally | null;
  error: Error | null;
}

export function Audience({ wishes, set, tally, error }: Props) {
  const lists = useLists();
  const segments = useSegments();
  const { audience } = wishes;
  const [picked, setPicked] = useState(false); // the way is chosen, the segment itself not yet
  const how = audience.all
    ? "all"
    : audience.contacts
      ? "contacts"
      : audience.segment || (picked && !audience.lists)
        ? "segment"
        : "lists";
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
        onChange={(value) => {
          setPicked(value === "segment");
          change({ ...(value === "all" ? { all: true } : {}), ...without });
        }}
        label={words.whoGetsIt}
      >
        <Stack gap={8} mt={6}>
          <Radio value="lists" label={words.onLists} />
          <Radio value="segment" label={words.aSegment} />
          <Radio value="all" label={words.everybody} />
          {audience.contacts && <Radio value="contacts" label={words.picked(audience.contacts.length)} />}
        </Stack>
      </Radio.Group>
      {how === "lists" && (
        <MultiSelect
          label={words.lists}
          placeholder={audience.lists?.length ? "" : words.chooseOneOrMore}
          data={options}
          value={known(audience.lists)}
          onChange={(value) => change({ lists: value, ...without })}
          searchable
          nothingFoundMessage={words.noSuchList}
          data-testid="lists"
        />
      )}
      {how === "segment" && (
        <Select
          label={words.segment}
          description={words.askedAnew}
          placeholder={words.chooseOne}
          data={(segments.data ?? []).map((each) => ({ value: each.id, label: each.name }))}
          value={
            segments.data?.find((each) => each.id === audience.segment || each.name === audience.segment)?.id ?? null
          }
          onChange={(value) => change({ ...(value ? { segment: value } : {}), ...without })}
          searchable
          nothingFoundMessage={words.noSuchSegment}
          data-testid="segment"
        />
      )}
      {how === "segment" && segments.data?.length === 0 && (
        <Text size="sm">
          {words.noSegments} <Link href="/contacts/segments/new">{words.makeOne}</Link>.
        </Text>
      )}
      {how === "lists" && lists.data?.length === 0 && (
        <Text size="sm">
          {words.noLists} <Link href="/imports/new">{words.importContacts}</Link> {words.ontoAList}
        </Text>
      )}
      <MultiSelect
        label={words.leaveOut}
        data={options}
        value={known(audience.exclude_lists)}
        onChange={(value) => change({ ...audience, exclude_lists: value })}
        searchable
      />
      <Text size="sm" role="status" data-testid="tally">
        {error ? error.message : tally ? tallyWords(tally, wishes, number) : words.nobodyYet}
      </Text>
    </Stack>
  );
}

function clean(wish: AudienceWish): AudienceWish {
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => !(Array.isArray(value) && value.length === 0)));
}
