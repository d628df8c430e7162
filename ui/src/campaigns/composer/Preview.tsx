// The bytes that the server would send to one of them, in a frame without scripts and without an origin.

import { Checkbox, Group, SegmentedControl, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, path } from "@/api/client";
import { number } from "@/model/words";
import type { Writing } from "./useDraft";

interface Built {
  from: string;
  to: string;
  subject: string;
  text: string | null;
  has_html: boolean;
  size_bytes: number;
}

const CLIPPED = 102_000; // bytes from which a large provider hides the rest of a message

export function Preview({ writing }: { writing: Writing }) {
  const [show, setShow] = useState("desktop");
  const [images, setImages] = useState(false);
  const [typed, setTyped] = useState("");
  const [contact] = useDebouncedValue(typed.trim(), 400);
  const { draft } = writing;
  const written = Boolean(draft && (draft.text || draft.html));
  const built = useQuery({
    queryKey: ["preview", draft?.id, draft?.control, draft?.html, draft?.text, draft?.subject, contact],
    queryFn: () => get<Built>(path(`/campaigns/${draft?.id}/preview`, { contact })),
    enabled: written,
    retry: false,
    placeholderData: (old) => old,
  });
  if (!written)
    return (
      <Text size="sm" c="dimmed">
        The preview appears once something is written.
      </Text>
    );
  const version = `${draft?.control}.${(draft?.html ?? "").length}.${hash(String(draft?.html ?? ""))}`;
  const url = path(`/campaigns/${draft?.id}/preview.html`, { contact, images: images || null, v: version });
  const size = built.data?.size_bytes ?? 0;
  return (
    <div>
      <Group justify="space-between" mb={8} gap="sm">
        <SegmentedControl
          size="xs"
          aria-label="Preview as"
          value={show}
          onChange={setShow}
          data={[
            { value: "desktop", label: "Desktop" },
            { value: "phone", label: "Phone" },
            { value: "plain", label: "Plain text" },
          ]}
        />
        <TextInput
          size="xs"
          aria-label="Preview as this contact"
          placeholder="as a contact: address"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          w={210}
        />
        <Checkbox
          size="xs"
          label="Load images"
          checked={images}
          onChange={(event) => setImages(event.currentTarget.checked)}
        />
      </Group>
      {built.error && (
        <Text size="sm" c="red" role="status" mb={6}>
          {built.error.message}
        </Text>
      )}
      {built.data && (
        <Text size="sm" mb={6} style={{ overflowWrap: "anywhere" }}>
          <span className="dim">To</span> {built.data.to} <span className="dim">Subject</span>{" "}
          <b>{built.data.subject}</b>{" "}
          <span className={size > CLIPPED ? "" : "dim"}>{number(Math.ceil(size / 1000))} kB</span>
          {size > CLIPPED && ": some programs hide the end of messages above 102 kB"}
        </Text>
      )}
      {show === "plain" || built.data?.has_html === false ? (
        <pre
          className="preview"
          style={{
            padding: 14,
            margin: 0,
            height: "auto",
            maxHeight: 340,
            minHeight: 80,
            overflow: "auto",
            whiteSpace: "pre-wrap",
            color: "#111",
          }}
          data-testid="preview-text"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a text that scrolls must be reachable by keyboard
          tabIndex={0}
        >
          {built.data?.text ?? ""}
        </pre>
      ) : (
        <iframe
          title="Preview of the message"
          sandbox=""
          src={url}
          className="preview"
          style={show === "phone" ? { width: 375, maxWidth: "100%", margin: "0 auto", display: "block" } : {}}
          data-testid="preview"
        />
      )}
    </div>
  );
}

/** A short mark of a text, so that the frame loads anew when it has changed. */
function hash(text: string): number {
  let sum = 0;
  for (let place = 0; place < text.length; place += 1) sum = (Math.imul(sum, 31) + text.charCodeAt(place)) | 0;
  return sum >>> 0;
}
