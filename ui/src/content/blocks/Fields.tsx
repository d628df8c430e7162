// What can be changed of a block: its words, where it leads, how it stands.

import { Button, Group, NumberInput, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { Icon } from "@/marks/icons";
import { type Align, type Block, type Columns, WIDTH } from "@/model/design";
import { words } from "@/words/templates";
import { Words } from "./Words";

interface Props {
  of: Block;
  change: (part: Partial<Block>) => void;
  /** What is wrong with a field of it. */
  fault: (field: string) => string | undefined;
  /** It was just put in. */
  isNew: boolean;
  here: (insert: ((text: string) => void) | null) => void;
  /** Chooses another picture for it. */
  another: () => void;
}

export function Fields({ of, change, fault, isNew, here, another }: Props) {
  const text = "text" in of && (
    <Words
      label={{ heading: words.kinds.heading, text: words.text, button: words.wordsOnIt, footer: words.text }[of.kind]}
      value={of.text}
      set={(text) => change({ text })}
      error={fault("text")}
      long={of.kind === "text"}
      first={isNew}
      here={here}
    />
  );
  return (
    <Stack gap="sm">
      {text}
      {of.kind === "text" && (
        <Text size="xs" c="dimmed">
          {words.aboutMarks}
        </Text>
      )}
      {of.kind === "footer" && (
        <TextInput
          label={words.wordsOfLink}
          value={of.link}
          onChange={(event) => change({ link: event.currentTarget.value })}
          error={fault("link")}
          maxLength={200}
        />
      )}
      {of.kind === "button" && (
        <Address
          label={words.whereItLeads}
          required
          value={of.href}
          set={(href) => change({ href })}
          error={fault("href")}
        />
      )}
      {of.kind === "picture" && <OfPicture of={of} change={change} fault={fault} another={another} />}
      {of.kind === "heading" && (
        <SegmentedControl
          size="xs"
          aria-label={words.sizeOfHeading}
          value={String(of.level)}
          onChange={(level) => change({ level: level === "1" ? 1 : 2 })}
          data={[
            { value: "1", label: words.large },
            { value: "2", label: words.small },
          ]}
          style={{ alignSelf: "start" }}
        />
      )}
      {of.kind === "columns" && <Shares of={of} change={change} />}
      {of.kind === "space" && (
        <NumberInput
          label={words.height}
          value={of.height}
          onChange={(height) => change({ height: Math.min(200, Math.max(4, Number(height) || 4)) })}
          min={4}
          max={200}
          step={4}
          w={160}
        />
      )}
      {"align" in of && (
        <SegmentedControl
          size="xs"
          aria-label={words.whereItStands}
          value={of.align}
          onChange={(align) => change({ align: align as Align })}
          data={[
            { value: "left", label: words.left },
            { value: "center", label: words.centre },
            { value: "right", label: words.right },
          ]}
          style={{ alignSelf: "start" }}
        />
      )}
    </Stack>
  );
}

function OfPicture({
  of,
  change,
  fault,
  another,
}: Pick<Props, "change" | "fault" | "another"> & { of: Extract<Block, { kind: "picture" }> }) {
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<Icon name="picture" size={15} />}
        onClick={another}
        style={{ alignSelf: "start" }}
      >
        {words.anotherPicture}
      </Button>
      {fault("src") && (
        <Text size="sm" c="red" role="alert">
          {fault("src")}
        </Text>
      )}
      <TextInput
        label={words.whatItShows}
        description={words.forThose}
        value={of.alt}
        onChange={(event) => change({ alt: event.currentTarget.value })}
        error={fault("alt")}
        maxLength={500}
      />
      <Group align="flex-start" gap="sm" grow>
        <NumberInput
          label={words.width}
          value={of.width}
          onChange={(width) => change({ width: Math.min(WIDTH, Math.max(16, Number(width) || 16)) })}
          min={16}
          max={WIDTH}
          step={20}
        />
        <Address label={words.leadsTo} value={of.href ?? ""} set={(href) => change({ href })} error={fault("href")} />
      </Group>
    </>
  );
}

function Address({
  label,
  value,
  set,
  error,
  required = false,
}: {
  label: string;
  value: string;
  set: (value: string) => void;
  error: string | undefined;
  required?: boolean;
}) {
  return (
    <TextInput
      label={label}
      type="text"
      inputMode="url"
      placeholder="https://"
      required={required}
      value={value}
      onChange={(event) => set(event.currentTarget.value)}
      error={error}
      maxLength={2_000}
    />
  );
}

function Shares({ of, change }: { of: Columns; change: (part: Partial<Block>) => void }) {
  return (
    <SegmentedControl
      size="xs"
      aria-label={words.widths}
      value={String(of.share)}
      onChange={(share) => change({ share: Number(share) as Columns["share"] })}
      data={[
        { value: "33", label: "1 : 2" },
        { value: "50", label: "1 : 1" },
        { value: "67", label: "2 : 1" },
      ]}
      style={{ alignSelf: "start" }}
    />
  );
}
