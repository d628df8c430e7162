// Add or change a sender. Changes take effect within a second, also while campaigns run.

import { Button, Group, Modal, PasswordInput, Select, Stack, Tabs, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { act } from "@/api/client";
import { Problem } from "@/api/problem";
import { say } from "@/notices/toast";
import type { Sender } from "@/reading/rooms";
import { words } from "@/words/senders";
import { type Field, kinds, limits, network } from "./fields";

type Values = Record<string, string>;

interface Props {
  of: Sender | null;
  close: () => void;
  changed: () => void;
  /** Told of a new one. */
  made: (sender: Sender) => void;
}

export function SenderForm({ of, close, changed, made }: Props) {
  const [kind, setKind] = useState(of?.kind ?? "smtp");
  const [name, setName] = useState(of?.name ?? "");
  const [values, setValues] = useState<Values>(() => texts(of?.options ?? {}));
  const shape = kinds().find((each) => each.value === kind);
  const save = useMutation({
    mutationFn: () => {
      const all = [...(shape?.fields ?? []), ...limits(kind), ...network()];
      const given = changes(all, values, texts(of?.options ?? {}));
      if (of)
        return act<Sender>({
          method: "PATCH",
          route: `/senders/${of.id}`,
          body: { ...(name === of.name ? {} : { name }), ...given },
        });
      return act<Sender>({ method: "POST", route: "/senders", body: { name: name.trim(), kind, ...given } });
    },
    onSuccess: (told) => {
      say(of ? words.saved : words.added(name), of ? undefined : (words.next[told.kind] ?? words.next.smtp));
      changed();
      close();
      if (!of) made(told);
    },
  });
  const problem = save.error instanceof Problem ? save.error : null;
  const bind = (field: Field) => ({
    field,
    value: values[field.name] ?? "",
    set: (value: string) => setValues((old) => ({ ...old, [field.name]: value })),
    error: problem?.at(`/${field.name}`),
    sealed: of?.credentials_set_at ?? null,
  });
  return (
    <Modal opened onClose={close} title={of ? words.changeIt(of.name) : words.add} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack gap="sm">
          <Group grow align="flex-start">
            <TextInput
              label={words.name}
              required
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              error={problem?.at("/name")}
              data-autofocus
            />
            <Select
              label={words.kind}
              data={kinds().map(({ value, label }) => ({ value, label }))}
              value={kind}
              onChange={(value) => value && setKind(value)}
              disabled={of !== null}
              allowDeselect={false}
            />
          </Group>
          <Tabs defaultValue="account">
            <Tabs.List mb="sm">
              <Tabs.Tab value="account">{words.account}</Tabs.Tab>
              <Tabs.Tab value="pace">{words.paceAndLimits}</Tabs.Tab>
              <Tabs.Tab value="network">{words.retriesAndNetwork}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="account">
              <Fields fields={shape?.fields ?? []} bind={bind} />
            </Tabs.Panel>
            <Tabs.Panel value="pace">
              <Fields fields={limits(kind)} bind={bind} />
            </Tabs.Panel>
            <Tabs.Panel value="network">
              <Fields fields={network()} bind={bind} />
            </Tabs.Panel>
          </Tabs>
          {problem && (
            <Text size="sm" c="red" role="alert">
              {problem.message}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {words.close}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {words.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

interface Bound {
  field: Field;
  value: string;
  set: (value: string) => void;
  error: string | undefined;
  sealed: string | null;
}

function Fields({ fields, bind }: { fields: Field[]; bind: (field: Field) => Bound }) {
  return (
    <Stack gap="sm">
      {fields.map((each) => (
        <Input key={each.name} {...bind(each)} />
      ))}
    </Stack>
  );
}

function Input({ field, value, set, error, sealed }: Bound) {
  const shown = { label: field.label, description: field.hint, error, required: field.needed === true && !sealed };
  if (field.kind === "choice")
    return (
      <Select
        {...shown}
        data={field.choices ?? []}
        value={value || null}
        onChange={(next) => set(next ?? "")}
        placeholder={words.asUsual}
        clearable
      />
    );
  if (field.kind === "password")
    return (
      <PasswordInput
        {...shown}
        value={value}
        onChange={(event) => set(event.currentTarget.value)}
        placeholder={sealed ? words.keepSecret : ""}
        autoComplete="new-password"
      />
    );
  return (
    <TextInput
      {...shown}
      value={value}
      onChange={(event) => set(event.currentTarget.value)}
      placeholder={field.placeholder}
    />
  );
}

function texts(options: Record<string, unknown>): Values {
  const word = (value: unknown) => (typeof value === "boolean" ? (value ? "on" : "off") : String(value));
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, value]) => value !== null && typeof value !== "object")
      .map(([name, value]) => [name, word(value)]),
  );
}

/** What differs; an emptied field takes the option away, an empty password keeps the sealed one. */
function changes(fields: Field[], values: Values, before: Values): Record<string, string | null> {
  const found: Record<string, string | null> = {};
  for (const { name, kind } of fields) {
    const value = (values[name] ?? "").trim();
    if (value === (before[name] ?? "")) continue;
    if (value) found[name] = value;
    else if (kind !== "password") found[name] = null;
  }
  return found;
}
