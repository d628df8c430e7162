// A WhatsApp message: a text, one file with a caption, or (Cloud API) an approved template with its variables.

import {
  ActionIcon,
  Button,
  FileButton,
  Group,
  SegmentedControl,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Variables } from "@/content/Variables";
import { Icon } from "@/marks/icons";
import { number } from "@/model/words";
import { useSenders } from "@/reading/rooms";
import { type Approved, attach, detach, type Wishes } from "../drafts";
import { Phone } from "./Phone";
import type { Writing } from "./useDraft";

export const TEXT_LIMIT = 4096;
export const CAPTION_LIMIT = 1024;
const KINDS = "image/jpeg,image/png,video/mp4,application/pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.txt";

interface Props {
  wishes: Wishes;
  set: (changes: Partial<Wishes>) => void;
  writing: Writing;
}

export function Chat({ wishes, set, writing }: Props) {
  const senders = useSenders();
  const cloud = (senders.data ?? []).some(
    (each) => each.kind === "whatsapp_cloud" && (wishes.senders.includes(each.id) || wishes.senders.length === 0),
  );
  const template = wishes.whatsapp_template;
  return (
    <div className="chat-split">
      <Stack gap="sm">
        {(cloud || template) && (
          <SegmentedControl
            aria-label="Kind of message"
            value={template ? "template" : "text"}
            onChange={(value) => set({ whatsapp_template: value === "template" ? EMPTY : null })}
            data={[
              { value: "text", label: "Text or file" },
              { value: "template", label: "Approved template" },
            ]}
          />
        )}
        {template ? (
          <Template of={template} set={(next) => set({ whatsapp_template: next })} />
        ) : (
          <Words wishes={wishes} set={set} writing={writing} />
        )}
      </Stack>
      <Phone writing={writing} />
    </div>
  );
}

const EMPTY: Approved = { name: "", language: "en", body: [] };

function Words({ wishes, set, writing }: Props) {
  const at = useRef(0);
  const file = writing.draft?.attachments?.[0];
  const limit = file ? CAPTION_LIMIT : TEXT_LIMIT;
  return (
    <>
      <Group justify="space-between" gap="sm">
        <File writing={writing} />
        <Variables
          insert={(name) =>
            set({ text: `${wishes.text.slice(0, at.current)}{{ ${name} }}${wishes.text.slice(at.current)}` })
          }
        />
      </Group>
      <Textarea
        label={file ? "Caption" : "Text"}
        description={`*bold*, _italic_, ~struck through~. ${number(wishes.text.length)} of ${number(limit)} characters`}
        value={wishes.text}
        onChange={(event) => set({ text: event.currentTarget.value })}
        onSelect={(event) => {
          at.current = event.currentTarget.selectionStart ?? 0;
        }}
        error={wishes.text.length > limit ? `At most ${number(limit)} characters` : undefined}
        autosize
        minRows={7}
        maxRows={18}
        placeholder={"Hello {{ first_name }},\n\n..."}
        data-testid="chat-text"
      />
    </>
  );
}

function File({ writing }: { writing: Writing }) {
  const file = writing.draft?.attachments?.[0];
  const [problem, setProblem] = useState("");
  const put = useMutation({
    mutationFn: async (given: globalThis.File) => {
      const draft = await writing.flush();
      for (const each of draft.attachments ?? []) await detach(draft.id, each.position);
      await attach(draft.id, given);
      await writing.reread();
    },
    onMutate: () => setProblem(""),
    onError: (error) => setProblem(error.message),
  });
  const remove = async () => {
    if (!file || !writing.id) return;
    try {
      await detach(writing.id, file.position);
      await writing.reread();
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <Group gap="xs">
      <FileButton accept={KINDS} onChange={(given) => given && put.mutate(given)}>
        {(props) => (
          <Button
            {...props}
            size="xs"
            variant="default"
            leftSection={<Icon name="upload" size={15} />}
            loading={put.isPending}
          >
            {file ? "Another file" : "Picture, video or document"}
          </Button>
        )}
      </FileButton>
      {file && (
        <Text size="sm" data-testid="file">
          {file.filename} <span className="dim">{number(Math.ceil(file.size_bytes / 1000))} kB</span>
        </Text>
      )}
      {file && (
        <ActionIcon aria-label={`Remove ${file.filename}`} onClick={() => void remove()} variant="subtle" color="gray">
          <Icon name="cross" size={14} />
        </ActionIcon>
      )}
      {problem && (
        <Text size="sm" c="red" role="alert">
          {problem}
        </Text>
      )}
    </Group>
  );
}

function Template({ of, set }: { of: Approved; set: (next: Approved) => void }) {
  const body = of.body ?? [];
  return (
    <>
      <Group grow align="flex-start">
        <TextInput
          label="Name of the template"
          description="As WhatsApp approved it"
          required
          value={of.name}
          onChange={(event) => set({ ...of, name: event.currentTarget.value })}
          placeholder="spring_offer"
        />
        <TextInput
          label="Language"
          description="Its code"
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
            label={`Variable ${place + 1} of the text`}
            value={value}
            onChange={(event) => set({ ...of, body: body.with(place, event.currentTarget.value) })}
            placeholder="{{ first_name }}"
          />
          {place === body.length - 1 && (
            <Button variant="subtle" color="gray" onClick={() => set({ ...of, body: body.slice(0, -1) })}>
              Remove
            </Button>
          )}
        </Group>
      ))}
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={() => set({ ...of, body: [...body, ""] })}>
          Add variable {body.length + 1}
        </Button>
        <Variables
          insert={(name) =>
            set({ ...of, body: body.length > 0 ? body.with(-1, `${body.at(-1)}{{ ${name} }}`) : [`{{ ${name} }}`] })
          }
        />
      </Group>
      <Text size="sm" c="dimmed">
        Templates may go to anybody at any time. Free text goes only to people who wrote in the last 24 hours; to others
        WhatsApp refuses it.
      </Text>
    </>
  );
}
