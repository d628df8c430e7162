// A WhatsApp message: a text, one file with a caption, or (Cloud API) an approved template with its variables.

import { Group, SegmentedControl, Stack, Textarea } from "@mantine/core";
import { useRef } from "react";
import { Variables } from "@/content/Variables";
import { number } from "@/model/words";
import { useSenders } from "@/reading/rooms";
import { words } from "@/words/composer";
import { fileOf, type Wishes } from "../drafts";
import { Approved, EMPTY } from "./Approved";
import { ChatFile } from "./ChatFile";
import { Phone } from "./Phone";
import type { Writing } from "./useDraft";
import { chatOf, isBoth, withChat } from "./ways";

export const TEXT_LIMIT = 4096;
export const CAPTION_LIMIT = 1024;

interface Props {
  wishes: Wishes;
  set: (changes: Partial<Wishes>) => void;
  writing: Writing;
}

export function Chat({ wishes, set, writing }: Props) {
  const senders = useSenders();
  const numbers = (senders.data ?? []).filter((each) => each.kind.startsWith("whatsapp"));
  const named =
    numbers.some((each) => wishes.senders.includes(each.id)) || (!isBoth(wishes) && wishes.senders.length > 0);
  const cloud = numbers.filter(
    (each) => each.kind === "whatsapp_cloud" && (!named || wishes.senders.includes(each.id)),
  );
  const template = chatOf(wishes).whatsapp_template;
  const put = (next: typeof template) => set(withChat(wishes, { whatsapp_template: next }));
  return (
    <div className="chat-split">
      <Stack gap="sm">
        {(cloud.length > 0 || template) && (
          <SegmentedControl
            aria-label={words.kindOfMessage}
            value={template ? "template" : "text"}
            onChange={(value) => put(value === "template" ? EMPTY : null)}
            data={[
              { value: "text", label: words.textOrFile },
              { value: "template", label: words.approvedTemplate },
            ]}
          />
        )}
        {template ? (
          <Approved of={template} set={put} sender={cloud[0] ?? null} writing={writing} />
        ) : (
          <Typed wishes={wishes} set={set} writing={writing} />
        )}
      </Stack>
      <Phone writing={writing} number={cloud[0]?.id ?? null} />
    </div>
  );
}

function Typed({ wishes, set, writing }: Props) {
  const at = useRef(0);
  const file = fileOf(writing.draft);
  const { text } = chatOf(wishes);
  const say = (changed: string) => set(withChat(wishes, { text: changed }));
  const limit = file ? CAPTION_LIMIT : TEXT_LIMIT;
  return (
    <>
      <Group justify="space-between" gap="sm">
        <ChatFile writing={writing} />
        <Variables insert={(name) => say(`${text.slice(0, at.current)}{{ ${name} }}${text.slice(at.current)}`)} />
      </Group>
      <Textarea
        label={file ? words.caption : words.text}
        description={words.marksAndLength(number(text.length), number(limit))}
        value={text}
        onChange={(event) => say(event.currentTarget.value)}
        onSelect={(event) => {
          at.current = event.currentTarget.selectionStart ?? 0;
        }}
        error={text.length > limit ? words.atMost(number(limit)) : undefined}
        autosize
        minRows={7}
        maxRows={18}
        placeholder={"Hello {{ first_name }},\n\n..."}
        data-testid="chat-text"
      />
    </>
  );
}
