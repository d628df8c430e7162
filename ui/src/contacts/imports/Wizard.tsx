// The first step: a file by drop, by click or pasted; and what is on its way already.

import { Alert, Button, Group, Progress, Text, Textarea, Title } from "@mantine/core";
import { useRef, useState } from "react";
import { Link } from "wouter";
import { isAway, NoAnswer } from "@/api/problem";
import { useLink } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import { bytes } from "@/model/imports";
import { useImports } from "@/reading/imports";
import { words as imports } from "@/words/imports";
import { words } from "@/words/wizard";
import { ImportRow } from "./ImportRow";
import { Steps } from "./Steps";
import { useSend } from "./useUploads";

const MOST = 512 * 1024 * 1024;
const EXAMPLE = "email,phone,name,city\nnimal@example.com,+94771234567,Nimal Perera,Colombo\n";

export function Wizard() {
  const send = useSend();
  const lost = useLink().status === "lost";
  const listed = useImports();
  const [file, setFile] = useState<File | null>(null);
  const [share, setShare] = useState<number | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [pasting, setPasting] = useState(false);
  const begin = async (chosen: File) => {
    setFile(chosen);
    setProblem(null);
    const wrong = unfit(chosen);
    if (wrong) {
      setProblem(wrong);
      return;
    }
    setShare(0);
    try {
      await send(chosen, {}, setShare);
    } catch (error) {
      setProblem(told(error));
    } finally {
      setShare(null);
    }
  };
  const waiting = listed.data?.items.filter((each) => ["uploading", "mapping"].includes(each.state)) ?? [];
  return (
    <div className="page">
      <Text size="sm" mb={6}>
        <Link href="/imports">{imports.imports}</Link>
      </Text>
      <Title order={1} size="h2" mb="sm">
        {imports.importContacts}
      </Title>
      <Steps at="file" />
      <Drop busy={share !== null} begin={(chosen) => void begin(chosen)}>
        {share === null ? (
          <Text size="sm" c="dimmed" mt={6}>
            {words.whatFiles(bytes(MOST))}
          </Text>
        ) : (
          <div style={{ maxWidth: 360, margin: "14px auto 0" }} role="status">
            <Text size="sm" mb={6}>
              {share < 1 ? words.readingFile(file?.name ?? "") : words.tellingServer}
            </Text>
            <Progress value={share * 100} aria-label={words.readOfFile} />
          </div>
        )}
      </Drop>
      {lost && !problem && (
        <Text size="sm" mt="sm" role="status">
          {words.serverAway}
        </Text>
      )}
      {problem && (
        <Alert color="red" mt="md" title={imports.uploadFailed} role="alert">
          <Text size="sm">{problem}</Text>
          {file && !unfit(file) && (
            <Button mt="sm" size="xs" variant="default" onClick={() => void begin(file)}>
              {imports.tryAgain}
            </Button>
          )}
        </Alert>
      )}
      <Group mt="md" gap="md">
        <Button variant="subtle" size="xs" onClick={() => setPasting(!pasting)} aria-expanded={pasting}>
          {words.pasteRows}
        </Button>
        <Button
          variant="subtle"
          size="xs"
          component="a"
          href={`data:text/csv;charset=utf-8,${encodeURIComponent(EXAMPLE)}`}
          download="contacts.csv"
          leftSection={<Icon name="download" size={15} />}
        >
          {words.fileToBegin}
        </Button>
      </Group>
      {pasting && <Paste begin={(chosen) => void begin(chosen)} />}
      {waiting.length > 0 && (
        <section style={{ marginTop: 26 }}>
          <Title order={2} size="h5" mb={8}>
            {words.goOnWith}
          </Title>
          <div className="card rows">
            {waiting.map((each) => (
              <ImportRow key={each.importId} of={each} />
            ))}
          </div>
        </section>
      )}
    </div>
  );
}

function unfit(file: File): string | null {
  if (file.size === 0) return words.isEmpty(file.name);
  if (file.size > MOST) return words.tooLarge(file.name, bytes(file.size), bytes(MOST));
  return null;
}

function told(error: unknown): string {
  if (error instanceof NoAnswer && error.late) return imports.timedOut;
  if (isAway(error)) return words.nothingSent;
  return error instanceof Error ? error.message : String(error);
}

interface DropProps {
  busy: boolean;
  begin: (file: File) => void;
  children: React.ReactNode;
}

/** Takes a file by drop or click. Only the button is a control: a drop area as a whole could not be read aloud. */
export function Drop({ busy, begin, children }: DropProps) {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const take = (files: FileList | null | undefined) => {
    const [first] = files ?? [];
    if (first && !busy) begin(first);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a way beside the button, never the only one
    <div
      className="drop card"
      data-over={over || undefined}
      data-testid="drop"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files);
      }}
    >
      <span className="empty-sign" style={{ margin: "0 auto 12px" }}>
        <Icon name="upload" size={28} />
      </span>
      <Text fw={600} mb={10}>
        {words.dropHere}
      </Text>
      <Button onClick={() => input.current?.click()} loading={busy}>
        {words.chooseFile}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".csv,.tsv,.txt,.xlsx,text/csv,text/plain"
        className="hidden-words"
        tabIndex={-1}
        aria-label={words.fileWithContacts}
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = "";
        }}
      />
      {children}
    </div>
  );
}

function Paste({ begin }: { begin: (file: File) => void }) {
  const [text, setText] = useState("");
  return (
    <div className="card pad" style={{ marginTop: 12 }}>
      <Textarea
        label={words.rows}
        description={words.withHeadings}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        autosize
        minRows={5}
        maxRows={16}
        placeholder={EXAMPLE}
        styles={{ input: { fontFamily: "ui-monospace, monospace", fontSize: 13 } }}
      />
      <Group justify="flex-end" mt="sm">
        <Button disabled={!text.trim()} onClick={() => begin(new File([text], words.pastedRows, { type: "text/csv" }))}>
          {words.takeRows}
        </Button>
      </Group>
    </div>
  );
}
