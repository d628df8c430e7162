// The box to answer. A click is kept until the server has answered and goes out once, whatever dies in between.

import { ActionIcon, Button, FileButton, Group, SegmentedControl, Text, Textarea, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { Icon } from "@/marks/icons";
import { newKey } from "@/outbox/queue";
import { useOutbox } from "@/outbox/useOutbox";
import type { Thread } from "@/reading/conversations";
import { words } from "@/words/conversations";
import { useFileAnswers } from "./useFiles";

export const routeOf = (address: string): string => `/conversations/${encodeURIComponent(address)}/messages`;
const LONGEST = 4096;
const CAPTION = 1024;
const KINDS = "image/jpeg,image/png,video/mp4,application/pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.txt";
const MOST_BYTES = 16 * 1024 * 1024;
const kept = (address: string) => `homing.answer.${address}`;

export function Answer({ of }: { of: Thread }) {
  const outbox = useOutbox();
  const [channel, setChannel] = useState<"whatsapp" | "email">("whatsapp");
  const [subject, setSubject] = useState("");
  const [text, setText] = useState(() => localStorage.getItem(kept(of.address)) ?? "");
  const [file, setFile] = useState<File | null>(null);
  const { answers } = useFileAnswers(of.address);
  const way = of.ways[channel];
  const longest = file ? CAPTION : LONGEST;
  const heavy = file !== null && file.size > MOST_BYTES;
  const said = file !== null || text.trim() !== "";
  const ready = way.open && said && !heavy && text.length <= longest && (channel === "whatsapp" || subject.trim());
  const write = (next: string) => {
    setText(next);
    if (next) localStorage.setItem(kept(of.address), next);
    else localStorage.removeItem(kept(of.address));
  };
  // What was refused comes back into the box.
  useEffect(
    () =>
      outbox.onAnswer(({ wish, problem }) => {
        if (problem && wish.route === routeOf(of.address)) setText((wish.body as { text: string }).text);
      }),
    [outbox, of.address],
  );
  const send = () => {
    if (!ready) return;
    if (file) {
      const how = { channel, sender: way.sender, subject: channel === "email" ? subject.trim() : undefined };
      answers.add({ address: of.address, file, text: text.trim(), ...how });
      write("");
      setSubject("");
      setFile(null);
      return;
    }
    outbox.put({
      key: newKey(),
      at: Date.now(),
      method: "POST",
      route: routeOf(of.address),
      body: {
        text: text.trim(),
        channel,
        ...(way.sender ? { sender: way.sender } : {}),
        ...(channel === "email" ? { subject: subject.trim() } : {}),
      },
      label: words.answerTo(of.contact?.name || of.address),
      replay: "silent",
    });
    write("");
    setSubject("");
  };
  return (
    <form
      className="answer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {of.ways.email.to && (
        <SegmentedControl
          size="xs"
          mb={8}
          aria-label={words.answerBy}
          value={channel}
          onChange={(value) => setChannel(value as "whatsapp" | "email")}
          data={[
            { value: "whatsapp", label: words.whatsapp },
            { value: "email", label: words.email },
          ]}
        />
      )}
      {channel === "email" && (
        <TextInput
          mb={8}
          aria-label={words.subject}
          placeholder={words.subjectTo(of.ways.email.to ?? "")}
          value={subject}
          onChange={(event) => setSubject(event.currentTarget.value)}
          maxLength={500}
          disabled={!way.open}
        />
      )}
      {file && (
        <Group gap={6} mb={8} data-testid="answer-file">
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {file.name} <span className="dim">{words.kilobytes(Math.ceil(file.size / 1000))}</span>
          </Text>
          <ActionIcon
            aria-label={words.takeOut(file.name)}
            onClick={() => setFile(null)}
            variant="subtle"
            color="gray"
            size="sm"
          >
            <Icon name="cross" size={14} />
          </ActionIcon>
          {heavy && (
            <Text size="sm" c="red" role="alert">
              {words.tooHeavy}
            </Text>
          )}
        </Group>
      )}
      <Group gap="sm" align="flex-end" wrap="nowrap">
        <FileButton accept={KINDS} onChange={setFile} inputProps={{ "aria-label": words.file }}>
          {(props) => (
            <ActionIcon {...props} variant="default" size={36} aria-label={words.addFile} disabled={!way.open}>
              <Icon name="upload" size={16} />
            </ActionIcon>
          )}
        </FileButton>
        <Textarea
          style={{ flex: 1 }}
          aria-label={words.yourAnswer}
          placeholder={way.open ? words.answerThrough(way.name ?? "...") : words.nothingCanBeSent}
          value={text}
          onChange={(event) => write(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
          }}
          autosize
          minRows={1}
          maxRows={7}
          disabled={!way.open}
          error={text.length > longest ? words.atMost(longest) : undefined}
          data-testid="answer"
        />
        <Button type="submit" disabled={!ready} data-testid="send-answer">
          {words.send}
        </Button>
      </Group>
      {channel === "email" && !way.open && (
        <Text size="sm" mt={6}>
          {way.words}
        </Text>
      )}
    </form>
  );
}
