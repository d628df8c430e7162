// The message as one of the contacts would get it, made by the server while it is written; in a frame without scripts and
// without an origin, under a policy of its own.

import { Checkbox, Group, SegmentedControl, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { act, path, workspace } from "@/api/client";
import { isAway } from "@/api/problem";
import { number } from "@/model/words";
import type { Parts } from "@/reading/templates";

interface Built {
  to: string;
  subject: string;
  text: string | null;
  has_html: boolean;
  /** Where a frame finds the HTML. */
  page: string | null;
  size_bytes: number;
}

const CLIPPED = 102_000; // bytes from which a large provider hides the rest of a message
const WIDTHS: Record<string, number | null> = { desktop: null, tablet: 600, phone: 375 };

export function Preview({ channel, parts }: { channel: "email" | "whatsapp"; parts: Parts }) {
  const [show, setShow] = useState("desktop");
  const [images, setImages] = useState(false);
  const [typed, setTyped] = useState("");
  const [contact] = useDebouncedValue(typed.trim(), 400);
  const { subject, preheader, text, html } = parts;
  const [asked] = useDebouncedValue(JSON.stringify({ subject, preheader, text, html }), 400);
  const message = JSON.parse(asked) as Parts;
  const written = channel === "email" ? Boolean(message.html || message.text) : Boolean(message.text);
  const built = useQuery({
    queryKey: ["template", "preview", channel, asked, contact],
    queryFn: () =>
      act<Built>({
        method: "POST",
        route: "/templates/preview",
        body: { ...(channel === "email" ? message : { text: message.text }), channel, contact: contact || null },
      }),
    enabled: written,
    retry: false,
    placeholderData: (old) => old,
  });
  const width = WIDTHS[show] ?? null;
  const size = built.data?.size_bytes ?? 0;
  const plain = channel === "whatsapp" || show === "plain" || built.data?.has_html === false;
  return (
    <section className="card pad" aria-label="Preview">
      <Group justify="space-between" mb={8} gap="sm">
        {channel === "email" ? (
          <SegmentedControl
            size="xs"
            aria-label="Preview on"
            value={show}
            onChange={setShow}
            data={[
              { value: "desktop", label: "Desktop" },
              { value: "tablet", label: "Tablet" },
              { value: "phone", label: "Phone" },
              { value: "plain", label: "Text" },
            ]}
          />
        ) : (
          <Text fw={600} size="sm">
            Preview
          </Text>
        )}
        <TextInput
          size="xs"
          aria-label="Preview as this contact"
          placeholder="as a contact: address"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          w={190}
        />
        {channel === "email" && (
          <Checkbox
            size="xs"
            label="Load images"
            checked={images}
            onChange={(event) => setImages(event.currentTarget.checked)}
          />
        )}
      </Group>
      {!written && (
        <Text size="sm" c="dimmed">
          The preview appears once something is written.
        </Text>
      )}
      {written && built.error && (
        <Text size="sm" c={isAway(built.error) ? "dimmed" : "red"} role="status" mb={6} data-testid="wrong">
          {isAway(built.error) ? "The preview needs the server, and it is away." : built.error.message}
        </Text>
      )}
      {written && built.data && (
        <Text size="sm" mb={6} style={{ overflowWrap: "anywhere" }} data-testid="envelope">
          <span className="dim">To</span> {built.data.to}{" "}
          {channel === "email" && (
            <>
              <span className="dim">Subject</span> <b>{built.data.subject}</b>{" "}
              <span className={size > CLIPPED ? "" : "dim"}>{number(Math.ceil(size / 1000))} kB</span>
              {size > CLIPPED && ": some programs hide the end of messages above 102 kB"}
            </>
          )}
        </Text>
      )}
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
          title="Preview of the message"
          sandbox=""
          src={path(`/templates/preview/${built.data.page}`, { workspace: workspace(), images: images || null })}
          className="preview"
          style={{ height: 520, ...(width ? { width, maxWidth: "100%", margin: "0 auto", display: "block" } : {}) }}
          data-testid="preview"
        />
      )}
    </section>
  );
}
