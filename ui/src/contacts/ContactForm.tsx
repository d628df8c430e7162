// One contact: add or change.

import { Button, Group, Modal, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { act } from "@/api/client";
import { Problem } from "@/api/problem";
import { say } from "@/notices/toast";
import type { Contact, ContactList } from "@/reading/rooms";
import { words } from "@/words/contacts";

interface Props {
  of: Contact | null;
  lists: ContactList[];
  close: () => void;
  changed: () => void;
}

export function ContactForm({ of, lists, close, changed }: Props) {
  const [email, setEmail] = useState(of?.email ?? "");
  const [phone, setPhone] = useState(of?.phone ?? "");
  const [name, setName] = useState(of?.name ?? "");
  const [list, setList] = useState<string | null>(null);
  const [more, setMore] = useState(lines(of?.attributes ?? {}));
  const save = useMutation({
    mutationFn: () => {
      const attributes = parsed(more, of?.attributes ?? {});
      const body = { email: email.trim() || null, phone: phone.trim() || null, name, attributes };
      if (of) return act({ method: "PATCH", route: `/contacts/${of.id}`, body });
      const known = lists.find((each) => each.id === list)?.name;
      return act({ method: "POST", route: "/contacts", body: { ...body, ...(known ? { list: known } : {}) } });
    },
    onSuccess: () => {
      say(of ? words.saved : words.added);
      changed();
      close();
    },
  });
  const wrong = (pointer: string) => (save.error instanceof Problem ? save.error.at(pointer) : undefined);
  const named = save.error instanceof Problem && save.error.errors.length > 0;
  return (
    <Modal opened onClose={close} title={of ? words.changeContact : words.addContact} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack gap="sm">
          <TextInput
            label={words.email}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={wrong("/email")}
            data-autofocus
          />
          <TextInput
            label={words.phone}
            description={words.withCountry}
            value={phone}
            onChange={(event) => setPhone(event.currentTarget.value)}
            error={wrong("/phone")}
          />
          <TextInput
            label={words.name}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={wrong("/name")}
          />
          <Textarea
            label={words.more}
            description={words.oneALine}
            value={more}
            onChange={(event) => setMore(event.currentTarget.value)}
            error={wrong("/attributes")}
            autosize
            minRows={2}
          />
          {!of && lists.length > 0 && (
            <Select
              label={words.putOnList}
              clearable
              data={lists.map((each) => ({ value: each.id, label: each.name }))}
              value={list}
              onChange={setList}
            />
          )}
          {save.error && !named && (
            <Text size="sm" c="red" role="alert">
              {save.error.message}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {words.close}
            </Button>
            <Button type="submit" loading={save.isPending} disabled={!email.trim() && !phone.trim()}>
              {words.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function lines(attributes: Record<string, unknown>): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join("\n");
}

/** What is written; a line that is gone takes its attribute away. */
function parsed(text: string, before: Record<string, unknown>): Record<string, string | null> {
  const found: Record<string, string | null> = Object.fromEntries(Object.keys(before).map((name) => [name, null]));
  for (const line of text.split("\n")) {
    const cut = line.indexOf(":");
    if (cut > 0) found[line.slice(0, cut).trim()] = line.slice(cut + 1).trim();
  }
  return found;
}
