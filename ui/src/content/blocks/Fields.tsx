// What can be changed of a block: its words, where it leads, how it stands.

import { Button, Group, NumberInput, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { Icon } from "@/marks/icons";
import { type Align, type Block, type Columns, WIDTH } from "@/model/design";
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
      label={{ heading: "Heading", text: "Text", button: "Words on it", footer: "Text" }[of.kind]}
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
          An empty line begins a paragraph, a line with <code>- </code> an item of a list.
        </Text>
      )}
      {of.kind === "footer" && (
        <TextInput
          label="Words of the link to unsubscribe"
          value={of.link}
          onChange={(event) => change({ link: event.currentTarget.value })}
          error={fault("link")}
          maxLength={200}
        />
      )}
      {of.kind === "button" && (
        <Address
          label="Where it leads"
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
          aria-label="Size of the heading"
          value={String(of.level)}
          onChange={(level) => change({ level: level === "1" ? 1 : 2 })}
          data={[
            { value: "1", label: "Large" },
            { value: "2", label: "Small" },
          ]}
          style={{ alignSelf: "start" }}
        />
      )}
      {of.kind === "columns" && <Shares of={of} change={change} />}
      {of.kind === "space" && (
        <NumberInput
          label="Height in pixels"
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
          aria-label="Where it stands"
          value={of.align}
          onChange={(align) => change({ align: align as Align })}
          data={[
            { value: "left", label: "Left" },
            { value: "center", label: "Centre" },
            { value: "right", label: "Right" },
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
        Another picture
      </Button>
      {fault("src") && (
        <Text size="sm" c="red" role="alert">
          {fault("src")}
        </Text>
      )}
      <TextInput
        label="What it shows"
        description="For those who do not see it, and while it is not loaded"
        value={of.alt}
        onChange={(event) => change({ alt: event.currentTarget.value })}
        error={fault("alt")}
        maxLength={500}
      />
      <Group align="flex-start" gap="sm" grow>
        <NumberInput
          label="Width in pixels"
          value={of.width}
          onChange={(width) => change({ width: Math.min(WIDTH, Math.max(16, Number(width) || 16)) })}
          min={16}
          max={WIDTH}
          step={20}
        />
        <Address
          label="Leads to (if anywhere)"
          value={of.href ?? ""}
          set={(href) => change({ href })}
          error={fault("href")}
        />
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
      aria-label="Widths of the columns"
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
