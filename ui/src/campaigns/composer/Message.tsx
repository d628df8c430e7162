// What they read: subject, text, HTML, with variables; beside it the very message that one of them would get.

import { Button, Group, Menu, SegmentedControl, Stack, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useRef, useState } from "react";
import { get, path } from "@/api/client";
import { Icon } from "@/marks/icons";
import type { Contact, Paged } from "@/reading/rooms";
import type { Wishes } from "../drafts";
import { Chat } from "./Chat";
import { FromTemplate } from "./FromTemplate";
import { Preview } from "./Preview";
import type { Writing } from "./useDraft";

const Pictures = lazy(() => import("@/content/media/Pictures").then((room) => ({ default: room.Pictures })));

interface Props {
  wishes: Wishes;
  set: (changes: Partial<Wishes>) => void;
  writing: Writing;
}

type Field = "subject" | "html" | "text";

export function Message(props: Props) {
  return props.wishes.channel === "whatsapp" ? <Chat {...props} /> : <Letter {...props} />;
}

function Letter({ wishes, set, writing }: Props) {
  const [tab, setTab] = useState<"html" | "text">(wishes.html || !wishes.text ? "html" : "text");
  const last = useRef<{ field: Field; at: number }>({ field: "text", at: 0 });
  const remember = (field: Field) => (event: React.SyntheticEvent<HTMLInputElement | HTMLTextAreaElement>) => {
    last.current = { field, at: event.currentTarget.selectionStart ?? 0 };
  };
  const [dropped, setDropped] = useState<File[] | null>(null);
  const now = useRef(wishes);
  now.current = wishes;
  const put = (place: Field, text: string) => {
    const { field, at } = last.current;
    const old = now.current[place];
    const cut = field === place ? at : old.length;
    const changed = `${old.slice(0, cut)}${text}${old.slice(cut)}`;
    last.current = { field: place, at: cut + text.length };
    now.current = { ...now.current, [place]: changed };
    set({ [place]: changed });
  };
  const insert = (name: string) => put(last.current.field === "subject" ? "subject" : tab, `{{ ${name} }}`);
  return (
    <Stack gap="sm">
      <FromTemplate wishes={wishes} set={set} />
      <TextInput
        label="Subject"
        value={wishes.subject}
        onChange={(event) => set({ subject: event.currentTarget.value })}
        onSelect={remember("subject")}
        placeholder="Hello {{ first_name }}"
        maxLength={500}
      />
      <TextInput
        label="Preview line"
        description="What most programs show after the subject"
        value={wishes.preheader}
        onChange={(event) => set({ preheader: event.currentTarget.value })}
        maxLength={300}
      />
      <Group justify="space-between" gap="sm">
        <SegmentedControl
          aria-label="Part of the message"
          value={tab}
          onChange={(value) => setTab(value as "html" | "text")}
          data={[
            { value: "html", label: "HTML" },
            { value: "text", label: "Text" },
          ]}
        />
        <Group gap="xs">
          {tab === "html" && (
            <Button
              size="xs"
              variant="default"
              leftSection={<Icon name="picture" size={15} />}
              onClick={() => setDropped([])}
            >
              Pictures
            </Button>
          )}
          <Variables insert={insert} />
        </Group>
      </Group>
      {tab === "html" ? (
        <Textarea
          aria-label="HTML of the message"
          value={wishes.html}
          onChange={(event) => set({ html: event.currentTarget.value })}
          onSelect={remember("html")}
          onDrop={(event) => {
            if (event.dataTransfer.files.length === 0) return;
            event.preventDefault();
            setDropped([...event.dataTransfer.files]);
          }}
          autosize
          minRows={9}
          maxRows={24}
          styles={{ input: { fontFamily: "ui-monospace, monospace", fontSize: 13 } }}
          placeholder="<p>Hello {{ first_name }},</p>"
        />
      ) : (
        <Textarea
          aria-label="Text of the message"
          value={wishes.text}
          onChange={(event) => set({ text: event.currentTarget.value })}
          onSelect={remember("text")}
          autosize
          minRows={9}
          maxRows={24}
          placeholder={"Hello {{ first_name }},\n\n..."}
        />
      )}
      {dropped && (
        <Suspense>
          <Pictures dropped={dropped} insert={(html) => put("html", html)} close={() => setDropped(null)} />
        </Suspense>
      )}
      <Preview writing={writing} />
    </Stack>
  );
}

const ALWAYS = ["name", "first_name", "last_name", "email", "phone"];

export function Variables({ insert }: { insert: (name: string) => void }) {
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
        <Button size="xs" variant="default" leftSection={<Icon name="braces" size={15} />}>
          Variables
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
        <Menu.Label>Of each contact</Menu.Label>
        {names.map((each) => (
          <Menu.Item key={each} onClick={() => insert(each)}>
            {each}
          </Menu.Item>
        ))}
        <Menu.Label>With a fallback</Menu.Label>
        <Menu.Item onClick={() => insert('first_name | default("there")')}>first_name, else "there"</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
