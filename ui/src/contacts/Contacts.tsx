// Everybody this workspace knows: search, lists, add, change, remove, and a way to write to those that are ticked.

import { ActionIcon, Button, Checkbox, Group, Select, Text, TextInput, Title } from "@mantine/core";
import { useDebouncedValue, useHotkeys } from "@mantine/hooks";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { act, get, path } from "@/api/client";
import { useLink, useTick } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import { number } from "@/model/words";
import { say } from "@/notices/toast";
import { type Contact, type Paged, useLists, useSegments } from "@/reading/rooms";
import { words } from "@/words/contacts";
import { ContactForm } from "./ContactForm";
import { Places } from "./Places";

const PAGE = 100;

export function Contacts() {
  const client = useQueryClient();
  const [, go] = useLocation();
  const lists = useLists();
  const lost = useLink().status === "lost";
  const segments = useSegments();
  const [query, setQuery] = useSearchParams();
  const within = query.get("segment") ? `segment:${query.get("segment")}` : query.get("list");
  const list = within?.startsWith("segment:") ? null : within;
  const segment = within?.startsWith("segment:") ? within.slice("segment:".length) : null;
  const choose = (value: string | null) => {
    if (value?.startsWith("segment:")) setQuery({ segment: value.slice("segment:".length) }, { replace: true });
    else setQuery(value ? { list: value } : {}, { replace: true });
  };
  const [sought, setSought] = useState("");
  const [q] = useDebouncedValue(sought.trim(), 250);
  const [ticked, setTicked] = useState<Set<string>>(new Set());
  const [shown, setShown] = useState<Contact | "new" | null>(null);
  const search = useRef<HTMLInputElement>(null);
  useHotkeys([["/", () => search.current?.focus()]]);
  const tick = useTick("imports");
  const found = useInfiniteQuery({
    queryKey: ["contacts", within, q],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => {
      const page = { limit: PAGE, cursor: pageParam };
      const found = segment ? path(`/segments/${segment}/contacts`, page) : path("/contacts", { ...page, list, q });
      return get<Paged<Contact>>(found);
    },
    getNextPageParam: (page) => page.next,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: an import that moved is the signal
  useEffect(() => {
    void client.invalidateQueries({ queryKey: ["contacts"] });
  }, [tick]);
  const rows = found.data?.pages.flatMap((each) => each.items) ?? [];
  const changed = () => {
    void client.invalidateQueries({ queryKey: ["contacts"] });
    void client.invalidateQueries({ queryKey: ["lists"] });
  };
  const remove = async () => {
    try {
      for (const id of ticked) await act({ method: "DELETE", route: `/contacts/${id}` });
      say(words.removed(ticked.size));
      setTicked(new Set());
    } catch (error) {
      say(words.notRemoved, (error as Error).message, "red");
    }
    changed();
  };
  const nobody = rows.length === 0 && !q && !within;
  return (
    <div className="page">
      <Group justify="space-between" mb="md" gap="sm">
        <Title order={1} size="h2">
          {words.contacts}
        </Title>
        <Group gap="sm">
          <Button variant="default" leftSection={<Icon name="upload" size={16} />} onClick={() => go("/imports/new")}>
            {words.import}
          </Button>
          <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setShown("new")}>
            {words.addContact}
          </Button>
        </Group>
      </Group>
      <Places />
      <Group mb="md" gap="sm">
        <TextInput
          ref={search}
          aria-label={words.searchContacts}
          placeholder={words.emailPhoneOrName}
          value={sought}
          onChange={(event) => setSought(event.currentTarget.value)}
          leftSection={<Icon name="search" size={16} />}
          w={250}
          disabled={lost || segment !== null}
        />
        <Select
          aria-label={words.listOrSegment}
          placeholder={words.everyList}
          clearable
          data={[
            {
              group: words.lists,
              items: (lists.data ?? []).map((each) => ({
                value: each.id,
                label: words.listOf(each.name, number(each.members)),
              })),
            },
            {
              group: words.segments,
              items: (segments.data ?? []).map((each) => ({ value: `segment:${each.id}`, label: each.name })),
            },
          ]}
          value={within && !segment ? (lists.data?.find((each) => each.name === within)?.id ?? within) : within}
          onChange={choose}
          w={220}
        />
        {ticked.size > 0 && (
          <Group gap="xs">
            <Text size="sm">{words.ticked(number(ticked.size))}</Text>
            <Button size="xs" onClick={() => go(`/campaigns/new?contacts=${[...ticked].join(",")}`)}>
              {words.sendMessage}
            </Button>
            <Button size="xs" variant="default" onClick={() => void remove()} disabled={lost}>
              {words.remove}
            </Button>
          </Group>
        )}
        {within && ticked.size === 0 && (
          <Button
            size="xs"
            variant="default"
            onClick={() => go(segment ? `/campaigns/new?segment=${segment}` : `/campaigns/new?list=${list}`)}
          >
            {segment ? words.writeToSegment : words.writeToList}
          </Button>
        )}
      </Group>
      {found.isPending && !found.error && <Loading rows={8} height={38} />}
      {found.error && rows.length === 0 && <Trouble error={found.error} again={() => void found.refetch()} />}
      {!found.isPending && !found.error && nobody && (
        <Empty
          icon="contacts"
          title={words.nobodyKnown}
          act={<Button onClick={() => go("/imports/new")}>{words.importContacts}</Button>}
        >
          {words.bringFile}
        </Empty>
      )}
      {!found.isPending && !nobody && rows.length === 0 && <Empty icon="search" title={words.nobodyFound} />}
      {rows.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls sideways must be reachable by keyboard
        <section className="card scroll" tabIndex={0} aria-label={words.contacts}>
          <table className="table">
            <thead>
              <tr>
                <th>
                  <Checkbox
                    aria-label={words.tickAll}
                    checked={ticked.size > 0 && ticked.size === rows.length}
                    indeterminate={ticked.size > 0 && ticked.size < rows.length}
                    onChange={(event) =>
                      setTicked(new Set(event.currentTarget.checked ? rows.map((each) => each.id) : []))
                    }
                  />
                </th>
                <th>{words.name}</th>
                <th>{words.email}</th>
                <th>{words.phone}</th>
                <th>{words.more}</th>
                <th>
                  <span className="hidden-words">{words.open}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((each) => (
                <tr key={each.id}>
                  <td>
                    <Checkbox
                      aria-label={words.tick(each.email ?? each.phone ?? each.name)}
                      checked={ticked.has(each.id)}
                      onChange={() => setTicked(toggled(ticked, each.id))}
                    />
                  </td>
                  <td>
                    <Link href={`/contacts/${each.id}`}>{each.name || each.email || each.phone || "-"}</Link>
                  </td>
                  <td style={{ overflowWrap: "anywhere" }}>{each.email ?? "-"}</td>
                  <td className="num">{each.phone ?? "-"}</td>
                  <td className="dim">{attributes(each)}</td>
                  <td>
                    <ActionIcon
                      aria-label={words.changeOf(each.name || each.email || each.phone || "")}
                      onClick={() => setShown(each)}
                    >
                      <Icon name="draft" size={16} />
                    </ActionIcon>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {found.hasNextPage && (
        <Group justify="center" mt="sm">
          <Button
            variant="default"
            size="xs"
            loading={found.isFetchingNextPage}
            onClick={() => void found.fetchNextPage()}
          >
            {words.showMore}
          </Button>
        </Group>
      )}
      {shown && (
        <ContactForm
          of={shown === "new" ? null : shown}
          lists={lists.data ?? []}
          close={() => setShown(null)}
          changed={changed}
        />
      )}
    </div>
  );
}

function toggled(set: Set<string>, id: string): Set<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}

function attributes(of: Contact): string {
  return Object.entries(of.attributes)
    .slice(0, 3)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join(", ");
}
