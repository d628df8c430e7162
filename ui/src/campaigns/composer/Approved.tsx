// A template that WhatsApp approved: chosen from what the number has, with the variables that it wants.

import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { Link } from "wouter";
import { act } from "@/api/client";
import { Variables } from "@/content/Variables";
import { Icon } from "@/marks/icons";
import { kept, type Spot, spots, valueAt, withSpot } from "@/model/approved";
import { time } from "@/model/words";
import { type Account, type AtWhatsApp, useAccount } from "@/reading/numbers";
import type { Sender } from "@/reading/rooms";
import { words } from "@/words/composer";
import { fileOf, type Approved as Told } from "../drafts";
import { ChatFile } from "./ChatFile";
import type { Writing } from "./useDraft";

interface Props {
  of: Told;
  set: (next: Told) => void;
  sender: Sender | null;
  writing: Writing;
}

export const EMPTY: Told = { name: "", language: "en", body: [] };

/** The one that a campaign names, as WhatsApp lists it. */
export const listed = (account: Account | undefined, of: Told | null): AtWhatsApp | undefined =>
  account?.templates?.find((each) => each.name === of?.name && each.language === (of?.language ?? "en"));

export function Approved({ of, set, sender, writing }: Props) {
  const account = useAccount(sender?.id ?? null).data;
  if (account?.templates)
    return <FromList of={of} set={set} writing={writing} account={account} templates={account.templates} />;
  return (
    <>
      {account?.advice && (
        <Text size="sm" role="status" data-testid="no-account">
          {words.notAsked(sender?.name ?? "")} <Link href="/senders">{words.senders}</Link> {words.giveItsId}
        </Text>
      )}
      <ByHand of={of} set={set} />
    </>
  );
}

const key = (of: { name: string; language?: string }) => `${of.name}\n${of.language ?? "en"}`;

function FromList({
  of,
  set,
  writing,
  account,
  templates,
}: Omit<Props, "sender"> & { account: Account; templates: AtWhatsApp[] }) {
  const chosen = listed(account, of);
  const fields = chosen ? spots(chosen) : [];
  const at = useRef<Spot | null>(null);
  const choose = (value: string | null) => {
    const next = templates.find((each) => key(each) === value);
    if (!next) return;
    at.current = null;
    set({ name: next.name, language: next.language, ...kept(next, of) });
  };
  return (
    <>
      <Group align="flex-end" gap="sm" wrap="nowrap">
        <Select
          style={{ flex: 1, minWidth: 0 }}
          label={words.template}
          description={words.onlyApproved}
          placeholder={templates.some((each) => !each.why_not) ? words.chooseOne : words.noneApproved}
          searchable
          value={chosen ? key(chosen) : null}
          onChange={choose}
          data={templates.map((each) => ({
            value: key(each),
            label: `${each.name} (${each.language})${each.why_not ? `: ${each.why_not}` : ""}`,
            disabled: each.why_not !== null,
          }))}
          error={of.name && !chosen ? words.noTemplate(of.name, of.language ?? "en") : chosen?.why_not}
          data-testid="approved"
        />
        <Ask sender={account.sender} />
      </Group>
      {chosen?.media && <HeaderFile media={chosen.media} writing={writing} />}
      {chosen && !chosen.media && fileOf(writing.draft) && (
        <Stack gap={4}>
          <Text size="sm">{words.headerIsNoFile}</Text>
          <ChatFile writing={writing} />
        </Stack>
      )}
      {chosen &&
        fields.map((spot) => (
          <TextInput
            key={JSON.stringify(spot)}
            {...labelled(spot, chosen)}
            value={valueAt(of, spot)}
            onChange={(event) => set(withSpot(of, spot, event.currentTarget.value))}
            onFocus={() => {
              at.current = spot;
            }}
          />
        ))}
      {fields.length > 0 && (
        <Group gap="xs">
          <Variables
            insert={(variable) => {
              const spot = at.current ?? fields.find((each) => each.part === "body") ?? fields[0];
              if (spot) set(withSpot(of, spot, `${valueAt(of, spot)}{{ ${variable} }}`));
            }}
          />
        </Group>
      )}
      <Text size="sm" c="dimmed">
        {account.trouble
          ? words.didNotAnswer(account.trouble)
          : account.checked_at
            ? words.asTold(time(account.checked_at))
            : ""}{" "}
        {words.toAnybody}
      </Text>
    </>
  );
}

const SAMPLE = { url: "{{ code }}", quick_reply: "", copy_code: "SPRING25" } as const;

/** How a field is labelled. */
function labelled(at: Spot, of: AtWhatsApp) {
  if (at.part === "location") {
    const degrees = at.name === "latitude" || at.name === "longitude";
    return { label: words.placeOf[at.name], required: degrees, placeholder: degrees ? words.inDegrees : "" };
  }
  if (at.part === "button") {
    const label = words.button(of.buttons[at.place - 1] ?? at.place);
    const required = at.kind !== "quick_reply";
    return { label, description: words.takes[at.kind], required, placeholder: SAMPLE[at.kind] };
  }
  return { label: words.variableOf[at.part](at.name), required: true, placeholder: "{{ first_name }}" };
}

const HEADER = { image: "image/jpeg,image/png", video: "video/mp4,video/3gpp", document: "application/pdf" } as const;

function HeaderFile({ media, writing }: { media: keyof typeof HEADER; writing: Writing }) {
  return (
    <div data-testid="header-file">
      <Text size="sm" fw={500} mb={4}>
        {words.headerFile[media]}
      </Text>
      <ChatFile writing={writing} accept={HEADER[media]} wanted={words.file[media]} />
    </div>
  );
}

/** Asks WhatsApp again now. */
export function Ask({ sender }: { sender: string }) {
  const client = useQueryClient();
  const ask = useMutation({
    mutationFn: () => act<Account>({ method: "POST", route: `/senders/${sender}/account/refresh`, patience: 70_000 }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["account"] });
      void client.invalidateQueries({ queryKey: ["outlook"] });
    },
  });
  return (
    <Button
      variant="default"
      leftSection={<Icon name="retry" size={15} />}
      loading={ask.isPending}
      onClick={() => ask.mutate()}
      title={ask.error?.message}
      data-testid="ask-whatsapp"
    >
      {words.askWhatsApp}
    </Button>
  );
}

function ByHand({ of, set }: Pick<Props, "of" | "set">) {
  const body = Array.isArray(of.body) ? of.body : Object.values(of.body ?? {});
  return (
    <>
      <Group grow align="flex-start">
        <TextInput
          label={words.nameOfTemplate}
          description={words.asApproved}
          required
          value={of.name}
          onChange={(event) => set({ ...of, name: event.currentTarget.value })}
          placeholder="spring_offer"
        />
        <TextInput
          label={words.language}
          description={words.itsCode}
          value={of.language ?? ""}
          onChange={(event) => set({ ...of, language: event.currentTarget.value })}
          placeholder="en_US"
        />
      </Group>
      {body.map((value, place) => (
        <Group
          // biome-ignore lint/suspicious/noArrayIndexKey: the place is the number of the variable
          key={place}
          gap="xs"
          align="flex-end"
          wrap="nowrap"
        >
          <TextInput
            style={{ flex: 1 }}
            label={words.variableOfText(place + 1)}
            value={value}
            onChange={(event) => set({ ...of, body: body.with(place, event.currentTarget.value) })}
            placeholder="{{ first_name }}"
          />
          {place === body.length - 1 && (
            <Button variant="subtle" color="gray" onClick={() => set({ ...of, body: body.slice(0, -1) })}>
              {words.remove}
            </Button>
          )}
        </Group>
      ))}
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={() => set({ ...of, body: [...body, ""] })}>
          {words.addVariable(body.length + 1)}
        </Button>
        <Variables
          insert={(name) =>
            set({ ...of, body: body.length > 0 ? body.with(-1, `${body.at(-1)}{{ ${name} }}`) : [`{{ ${name} }}`] })
          }
        />
      </Group>
      <Text size="sm" c="dimmed">
        {words.freeText}
      </Text>
    </>
  );
}
