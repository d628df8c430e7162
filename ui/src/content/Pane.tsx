// The message as one of them would get it, as the server built it: widths, its text, and a frame without scripts and without
// an origin, under a policy of its own.

import { Checkbox, Group, SegmentedControl, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import { isAway } from "@/api/problem";
import { number } from "@/model/words";
import { words } from "@/words/templates";

export interface Built {
  to: string;
  subject: string;
  text: string | null;
  has_html: boolean;
  size_bytes: number;
}

const CLIPPED = 102_000; // bytes from which a large provider hides the rest of a message
const WIDTHS: Record<string, number | null> = { desktop: null, tablet: 600, phone: 375 };

/** As whom it is looked at. */
export function useContact() {
  const [typed, setTyped] = useState("");
  const [contact] = useDebouncedValue(typed.trim(), 400);
  return { typed, setTyped, contact };
}

interface Props<B extends Built> {
  email: boolean;
  written: boolean;
  built: UseQueryResult<B, Error>;
  as: ReturnType<typeof useContact>;
  /** Where the frame finds the HTML; `images`: true when they may be loaded. */
  frame: (built: B, images: true | null) => string;
}

export function Pane<B extends Built>({ email, written, built, as, frame }: Props<B>) {
  const [show, setShow] = useState("desktop");
  const [images, setImages] = useState(false);
  const width = WIDTHS[show] ?? null;
  const plain = !email || show === "plain" || built.data?.has_html === false;
  return (
    <>
      <Group justify="space-between" mb={8} gap="sm">
        {email ? (
          <SegmentedControl
            size="xs"
            aria-label={words.previewOn}
            value={show}
            onChange={setShow}
            data={[
              { value: "desktop", label: words.desktop },
              { value: "tablet", label: words.tablet },
              { value: "phone", label: words.phone },
              { value: "plain", label: words.plainText },
            ]}
          />
        ) : (
          <Text fw={600} size="sm">
            {words.preview}
          </Text>
        )}
        <TextInput
          size="xs"
          aria-label={words.asThisContact}
          placeholder={words.asContact}
          value={as.typed}
          onChange={(event) => as.setTyped(event.currentTarget.value)}
          w={190}
        />
        {email && (
          <Checkbox
            size="xs"
            label={words.loadImages}
            checked={images}
            onChange={(event) => setImages(event.currentTarget.checked)}
          />
        )}
      </Group>
      {!written && (
        <Text size="sm" c="dimmed">
          {words.appears}
        </Text>
      )}
      {written && built.error && (
        <Text size="sm" c={isAway(built.error) ? "dimmed" : "red"} role="status" mb={6} data-testid="wrong">
          {isAway(built.error) ? words.previewAway : built.error.message}
        </Text>
      )}
      {written && built.data && <Envelope of={built.data} email={email} />}
      {written && built.data && plain && (
        <pre
          className="preview preview-text"
          data-testid="preview-text"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a text that scrolls must be reachable by keyboard
          tabIndex={0}
        >
          {built.data.text ?? ""}
        </pre>
      )}
      {written && built.data && !plain && (
        <iframe
          title={words.previewOfMessage}
          sandbox=""
          src={frame(built.data, images || null)}
          className="preview"
          style={width ? { width, maxWidth: "100%", margin: "0 auto", display: "block" } : {}}
          data-testid="preview"
        />
      )}
    </>
  );
}

function Envelope({ of, email }: { of: Built; email: boolean }) {
  const size = of.size_bytes;
  return (
    <Text size="sm" mb={6} style={{ overflowWrap: "anywhere" }} data-testid="envelope">
      <span className="dim">{words.to}</span> {of.to}{" "}
      {email && (
        <>
          <span className="dim">{words.subject}</span> <b>{of.subject}</b>{" "}
          <span className={size > CLIPPED ? "" : "dim"}>{number(Math.ceil(size / 1000))}&nbsp;kB</span>
          {size > CLIPPED && words.clipped}
        </>
      )}
    </Text>
  );
}
