// The message itself: subject, preview line, and what it is written in (blocks, MJML, HTML, text); variables and pictures are put
// where the cursor stands.

import { Button, Group, SegmentedControl, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { lazy, Suspense, useCallback, useRef, useState } from "react";
import { Icon } from "@/marks/icons";
import type { Parts, Source } from "@/reading/templates";
import { words } from "@/words/templates";
import { InBlocks, OfBlocks } from "./blocks/InBlocks";
import { Code } from "./Code";
import { Mjml } from "./Mjml";
import { tagOf } from "./media/medium";
import { pictured } from "./pictured";
import { Variables } from "./Variables";

const Pictures = lazy(() => import("./media/Pictures").then((room) => ({ default: room.Pictures })));

interface Props {
  channel: "email" | "whatsapp";
  choose?: ((channel: "email" | "whatsapp") => void) | null;
  written: Parts;
  set: (next: Partial<Source>) => void;
  /** What the HTML may be made of, blocks and MJML; undefined: here it is written by hand alone. */
  source?: Source;
  /** Nothing is written yet: blocks are offered first. */
  isNew?: boolean;
  fault?: (pointer: string) => string | undefined;
  faults?: readonly { pointer: string; detail: string }[] | undefined;
}

type Field = keyof Parts | "mjml";
type Tab = "blocks" | "mjml" | "html" | "text";

function firstTab(written: Parts, source: Source | undefined, isNew: boolean): Tab {
  if (source?.design) return "blocks";
  if (source?.mjml) return "mjml";
  if (written.html) return "html";
  if (written.text) return "text";
  return source && isNew ? "blocks" : "html";
}

export function Editor({
  channel,
  choose,
  written,
  set,
  source,
  isNew = false,
  fault = () => undefined,
  faults = [],
}: Props) {
  const [tab, setTab] = useState(() => firstTab(written, source, isNew));
  const mjml = source?.mjml ?? "";
  const made = Boolean(mjml.trim() || source?.design);
  const inBlock = useRef<((text: string) => void) | null>(null); // of the block's text that was written last
  const shown = channel === "email" ? tab : "text";
  const last = useRef<{ field: Field; from: number; to: number } | null>(null);
  const remember = (field: Field) => (event: React.SyntheticEvent<HTMLInputElement | HTMLTextAreaElement>) => {
    const { selectionStart, selectionEnd } = event.currentTarget;
    last.current = { field, from: selectionStart ?? 0, to: selectionEnd ?? 0 };
    inBlock.current = null;
  };
  const here = useCallback((insert: ((text: string) => void) | null) => {
    inBlock.current = insert;
    if (insert) last.current = null;
  }, []);
  const setDesign = useCallback((design: Source["design"]) => latest.current({ design }), []);
  const latest = useRef(set);
  latest.current = set;
  const [dropped, setDropped] = useState<File[] | null>(null);
  const now = useRef({ ...written, mjml }); // an upload takes its time, and who writes goes on meanwhile
  now.current = { ...written, mjml };
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
    if (inBlock.current) inBlock.current(`{{ ${name} }}`);
    else if (shown === "blocks") put(field === "preheader" ? field : "subject", `{{ ${name} }}`);
    else put(field === "subject" || field === "preheader" ? field : shown, `{{ ${name} }}`);
  };
  return (
    <Stack gap="sm">
      {choose && (
        <SegmentedControl
          aria-label={words.channel}
          value={channel}
          onChange={(value) => choose(value as "email" | "whatsapp")}
          data={[
            { value: "email", label: words.email },
            { value: "whatsapp", label: words.whatsapp },
          ]}
        />
      )}
      {channel === "email" && (
        <>
          <TextInput
            label={words.subject}
            value={written.subject}
            onChange={(event) => set({ subject: event.currentTarget.value })}
            onSelect={remember("subject")}
            placeholder="Hello {{ first_name }}"
            error={fault("/subject")}
            maxLength={500}
          />
          <TextInput
            label={words.previewLine}
            description={words.afterSubject}
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
            aria-label={words.partOfMessage}
            value={tab}
            onChange={(value) => setTab(value as Tab)}
            data={[
              ...(source === undefined
                ? []
                : [
                    { value: "blocks", label: words.blocks },
                    { value: "mjml", label: "MJML" },
                  ]),
              { value: "html", label: "HTML" },
              { value: "text", label: words.text },
            ]}
          />
        ) : (
          <span />
        )}
        <Group gap="xs">
          {((shown === "html" && !made) || (shown === "mjml" && !source?.design)) && (
            <Button
              size="xs"
              variant="default"
              leftSection={<Icon name="picture" size={15} />}
              onClick={() => setDropped([])}
            >
              {words.pictures}
            </Button>
          )}
          <Variables insert={insert} links={channel === "email"} />
        </Group>
      </Group>
      {shown === "blocks" && source ? (
        <InBlocks source={source} set={setDesign} faults={faults} here={here} />
      ) : shown === "mjml" && source?.design ? (
        <OfBlocks design={source.design} take={(mjml) => set({ mjml, design: null })} />
      ) : shown === "mjml" ? (
        <Mjml
          value={mjml}
          set={(next) => set({ mjml: next })}
          onSelect={remember("mjml")}
          drop={setDropped}
          error={fault("/mjml")}
        />
      ) : shown === "html" && made ? (
        <Text size="sm" c="dimmed" data-testid="made">
          {source?.design ? words.htmlOfBlocks : words.htmlOfMjml}
        </Text>
      ) : shown === "html" ? (
        <Code
          label={words.htmlOfMessage}
          value={written.html}
          set={(html) => set({ html })}
          onSelect={remember("html")}
          drop={setDropped}
          error={fault("/html")}
        />
      ) : (
        <Textarea
          aria-label={words.textOfMessage}
          value={written.text}
          onChange={(event) => set({ text: event.currentTarget.value })}
          onSelect={remember("text")}
          autosize
          minRows={12}
          maxRows={28}
          placeholder={"Hello {{ first_name }},\n\n..."}
          description={channel === "email" && (written.html || made) ? words.madeOfHtml : undefined}
          error={fault("/text")}
        />
      )}
      {dropped && (
        <Suspense>
          <Pictures
            dropped={dropped}
            take={(of) => (shown === "mjml" ? put("mjml", pictured(tagOf(of))) : put("html", tagOf(of)))}
            close={() => setDropped(null)}
          />
        </Suspense>
      )}
    </Stack>
  );
}
