// A text of a block: marks and variables are put where the cursor stands.

import { ActionIcon, Group, Text, Textarea, Tooltip } from "@mantine/core";
import { useEffect, useRef } from "react";
import { Icon } from "@/marks/icons";
import { marked } from "@/model/marks";
import { words } from "@/words/templates";
import { Variables } from "../Variables";

interface Props {
  label: string;
  value: string;
  set: (value: string) => void;
  error?: string | undefined;
  /** Several lines, with marks. */
  long?: boolean;
  /** The first field of what was just put in: it is written at once. */
  first?: boolean;
  /** Who puts variables in from elsewhere, puts them here from now on. */
  here: (insert: ((text: string) => void) | null) => void;
}

export function Words({ label, value, set, error, long = false, first = false, here }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const spot = useRef({ from: value.length, to: value.length });
  const now = useRef(value);
  now.current = value;
  const choose = (from: number, to: number) => {
    spot.current = { from, to };
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(from, to);
    });
  };
  const put = (text: string) => {
    const { from, to } = spot.current;
    set(`${now.current.slice(0, from)}${text}${now.current.slice(to)}`);
    choose(from + text.length, from + text.length);
  };
  const mark = (which: "strong" | "leaning" | "link") => {
    const made = marked(now.current, spot.current.from, spot.current.to, which);
    set(made.text);
    choose(made.from, made.to);
  };
  const latest = useRef(put);
  latest.current = put;
  useEffect(() => () => here(null), [here]);
  useEffect(() => {
    if (first) field.current?.select();
  }, [first]);
  return (
    <div>
      <Group justify="space-between" gap={4} mb={4} wrap="nowrap" align="flex-end">
        <Text size="sm" fw={600} aria-hidden="true">
          {label}
        </Text>
        <Group gap={2} wrap="nowrap">
          {long && (
            <>
              <Mark label={words.strong} sign={<b>B</b>} act={() => mark("strong")} />
              <Mark label={words.leaning} sign={<i>I</i>} act={() => mark("leaning")} />
              <Mark label={words.link} sign={<Icon name="link" size={15} />} act={() => mark("link")} />
            </>
          )}
          <Variables insert={(name) => put(`{{ ${name} }}`)} into={label} links={long} />
        </Group>
      </Group>
      <Textarea
        ref={field}
        aria-label={label}
        value={value}
        onChange={(event) => set(event.currentTarget.value)}
        onFocus={() => here((text) => latest.current(text))}
        onSelect={(event) => {
          const { selectionStart, selectionEnd } = event.currentTarget;
          spot.current = { from: selectionStart, to: selectionEnd };
        }}
        onKeyDown={(event) => {
          if (!long && event.key === "Enter") event.preventDefault();
        }}
        autosize
        minRows={long ? 3 : 1}
        maxRows={16}
        maxLength={long ? 20_000 : 2_000}
        error={error}
      />
    </div>
  );
}

function Mark({ label, sign, act }: { label: string; sign: React.ReactNode; act: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon size="sm" aria-label={label} onClick={act}>
        {sign}
      </ActionIcon>
    </Tooltip>
  );
}
