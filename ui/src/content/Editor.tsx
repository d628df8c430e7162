// The message itself: subject, preview line, HTML with line numbers, text; variables and pictures put where the cursor stands.

import { Button, Group, SegmentedControl, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { lazy, Suspense, useRef, useState } from "react";
import { Icon } from "@/marks/icons";
import type { Parts, Source } from "@/reading/templates";
import { Code } from "./Code";
import { Mjml } from "./Mjml";
import { pictured } from "./pictured";
import { Variables } from "./Variables";

const Pictures = lazy(() => import("./media/Pictures").then((room) => ({ default: room.Pictures })));

interface Props {
  channel: "email" | "whatsapp";
  choose?: ((channel: "email" | "whatsapp") => void) | null;
  written: Parts;
  set: (next: Partial<Source>) => void;
  /** What the HTML is made of; undefined: here it is written by hand alone. */
  mjml?: string | undefined;
  fault?: (pointer: string) => string | undefined;
}

type Field = keyof Source;

export function Editor({ channel, choose, written, set, mjml, fault = () => undefined }: Props) {
  const [tab, setTab] = useState<"mjml" | "html" | "text">(
    mjml ? "mjml" : written.html || !written.text ? "html" : "text",
  );
  const made = Boolean(mjml?.trim());
  const shown = channel === "email" ? tab : "text";
  const last = useRef<{ field: Field; from: number; to: number } | null>(null);
  const remember = (field: Field) => (event: React.SyntheticEvent<HTMLInputElement | HTMLTextAreaElement>) => {
    const { selectionStart, selectionEnd } = event.currentTarget;
    last.current = { field, from: selectionStart ?? 0, to: selectionEnd ?? 0 };
  };
  const [dropped, setDropped] = useState<File[] | null>(null);
  const now = useRef<Source>({ ...written, mjml: mjml ?? "" }); // an upload takes its time, and who writes goes on meanwhile
  now.current = { ...written, mjml: mjml ?? "" };
  const put = (field: Field, text: string) => {
    const spot = last.current?.field === field ? last.current : null;
    const old = now.current[field];
    const [from, to] = spot ? [spot.from, spot.to] : [old.length, old.length];
    const changed = `${old.slice(0, from)}${text}${old.slice(to)}`;
    last.current = { field, from: from + text.length, to: from + text.length };
    now.current = { ...now.current, [field]: changed };
    set({ [field]: changed });
  };
  const insert = (name: string) => {
    const field = last.current?.field;
    put(field === "subject" || field === "preheader" ? field : shown, `{{ ${name} }}`);
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
            onChange={(value) => setTab(value as typeof tab)}
            data={[
              ...(mjml === undefined ? [] : [{ value: "mjml", label: "MJML" }]),
              { value: "html", label: "HTML" },
              { value: "text", label: "Text" },
            ]}
          />
        ) : (
          <span />
        )}
        <Group gap="xs">
          {((shown === "html" && !made) || shown === "mjml") && (
            <Button
              size="xs"
              variant="default"
              leftSection={<Icon name="picture" size={15} />}
              onClick={() => setDropped([])}
            >
              Pictures
            </Button>
          )}
          <Variables insert={insert} links={channel === "email"} />
        </Group>
      </Group>
      {shown === "mjml" ? (
        <Mjml
          value={mjml ?? ""}
          set={(next) => set({ mjml: next })}
          onSelect={remember("mjml")}
          drop={setDropped}
          error={fault("/mjml")}
        />
      ) : shown === "html" && made ? (
        <Text size="sm" c="dimmed" data-testid="made">
          The HTML is made of the MJML. To write it by hand, take the MJML away.
        </Text>
      ) : shown === "html" ? (
        <Code
          label="HTML of the message"
          value={written.html}
          set={(html) => set({ html })}
          onSelect={remember("html")}
          drop={setDropped}
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
          description={channel === "email" && (written.html || made) ? "Empty: it is made of the HTML" : undefined}
          error={fault("/text")}
        />
      )}
      {dropped && (
        <Suspense>
          <Pictures
            dropped={dropped}
            insert={(html) => (shown === "mjml" ? put("mjml", pictured(html)) : put("html", html))}
            close={() => setDropped(null)}
          />
        </Suspense>
      )}
    </Stack>
  );
}
