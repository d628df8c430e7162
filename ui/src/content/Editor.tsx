// The message itself: subject, preview line, HTML with line numbers, text; variables put where the cursor stands.

import { Group, SegmentedControl, Stack, Textarea, TextInput } from "@mantine/core";
import { useRef, useState } from "react";
import type { Parts } from "@/reading/templates";
import { Code } from "./Code";
import { Variables } from "./Variables";

interface Props {
  channel: "email" | "whatsapp";
  choose: ((channel: "email" | "whatsapp") => void) | null;
  written: Parts;
  set: (next: Partial<Parts>) => void;
  fault: (pointer: string) => string | undefined;
}

type Field = "subject" | "preheader" | "html" | "text";

export function Editor({ channel, choose, written, set, fault }: Props) {
  const [tab, setTab] = useState<"html" | "text">(written.html || !written.text ? "html" : "text");
  const shown = channel === "email" ? tab : "text";
  const last = useRef<{ field: Field; from: number; to: number } | null>(null);
  const remember = (field: Field) => (event: React.SyntheticEvent<HTMLInputElement | HTMLTextAreaElement>) => {
    const { selectionStart, selectionEnd } = event.currentTarget;
    last.current = { field, from: selectionStart ?? 0, to: selectionEnd ?? 0 };
  };
  const insert = (name: string) => {
    const spot = last.current;
    const known = spot && (spot.field === shown || spot.field === "subject" || spot.field === "preheader");
    const field = known ? spot.field : shown;
    const old = written[field];
    const [from, to] = known ? [spot.from, spot.to] : [old.length, old.length];
    set({ [field]: `${old.slice(0, from)}{{ ${name} }}${old.slice(to)}` });
  };
  return (
    <Stack gap="sm">
      {choose && (
        <SegmentedControl
          aria-label="Channel"
          value={channel}
          onChange={(value) => choose(value as "email" | "whatsapp")}
          data={[
            { value: "email", label: "E-mail" },
            { value: "whatsapp", label: "WhatsApp" },
          ]}
        />
      )}
      {channel === "email" && (
        <>
          <TextInput
            label="Subject"
            value={written.subject}
            onChange={(event) => set({ subject: event.currentTarget.value })}
            onSelect={remember("subject")}
            placeholder="Hello {{ first_name }}"
            error={fault("/subject")}
            maxLength={500}
          />
          <TextInput
            label="Preview line"
            description="What most programs show after the subject"
            value={written.preheader}
            onChange={(event) => set({ preheader: event.currentTarget.value })}
            onSelect={remember("preheader")}
            error={fault("/preheader")}
            maxLength={300}
          />
        </>
      )}
      <Group justify="space-between" gap="sm">
        {channel === "email" ? (
          <SegmentedControl
            aria-label="Part of the message"
            value={tab}
            onChange={(value) => setTab(value as "html" | "text")}
            data={[
              { value: "html", label: "HTML" },
              { value: "text", label: "Text" },
            ]}
          />
        ) : (
          <span />
        )}
        <Variables insert={insert} />
      </Group>
      {shown === "html" ? (
        <Code
          label="HTML of the message"
          value={written.html}
          set={(html) => set({ html })}
          onSelect={remember("html")}
          error={fault("/html")}
        />
      ) : (
        <Textarea
          aria-label="Text of the message"
          value={written.text}
          onChange={(event) => set({ text: event.currentTarget.value })}
          onSelect={remember("text")}
          autosize
          minRows={12}
          maxRows={28}
          placeholder={"Hello {{ first_name }},\n\n..."}
          description={channel === "email" && written.html ? "Empty: it is made of the HTML" : undefined}
          error={fault("/text")}
        />
      )}
    </Stack>
  );
}
