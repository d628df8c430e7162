// The first step: a file by drop, by click or pasted; and what is on its way already.

import { Alert, Button, Group, Progress, Text, Textarea, Title } from "@mantine/core";
import { useRef, useState } from "react";
import { Link } from "wouter";
import { isAway, NoAnswer } from "@/api/problem";
import { useLink } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import { bytes } from "@/model/imports";
import { useImports } from "@/reading/imports";
import { ImportRow } from "./ImportRow";
import { Steps } from "./Steps";
import { useSend } from "./useUploads";

const MOST = 512 * 1024 * 1024;
const EXAMPLE = "email,phone,name,city\nnimal@example.com,+94771234567,Nimal Perera,Colombo\n";

export function Wizard() {
  const send = useSend();
  const lost = useLink().status === "lost";
  const imports = useImports();
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
      setProblem(words(error));
    } finally {
      setShare(null);
    }
  };
  const waiting = imports.data?.items.filter((each) => ["uploading", "mapping"].includes(each.state)) ?? [];
  return (
    <div className="page">
      <Text size="sm" mb={6}>
        <Link href="/imports">Imports</Link>
      </Text>
      <Title order={1} size="h2" mb="sm">
        Import contacts
      </Title>
      <Steps at="File" />
      <Drop busy={share !== null} begin={(chosen) => void begin(chosen)}>
        {share === null ? (
          <Text size="sm" c="dimmed" mt={6}>
            CSV, TSV or Excel (.xlsx), up to {bytes(MOST)}. Nothing is written before you have seen what would happen.
          </Text>
        ) : (
          <div style={{ maxWidth: 360, margin: "14px auto 0" }} role="status">
            <Text size="sm" mb={6}>
              {share < 1 ? `Reading ${file?.name}` : "Telling the server"}
            </Text>
            <Progress value={share * 100} aria-label="Read of the file" />
          </div>
        )}
      </Drop>
      {lost && !problem && (
        <Text size="sm" mt="sm" role="status">
          The server is away. Choose the file when it is back; a file that is on its way already goes on by itself.
        </Text>
      )}
      {problem && (
        <Alert color="red" mt="md" title="Upload failed. Please try again." role="alert">
          <Text size="sm">{problem}</Text>
          {file && !unfit(file) && (
            <Button mt="sm" size="xs" variant="default" onClick={() => void begin(file)}>
              Try again
            </Button>
          )}
        </Alert>
      )}
      <Group mt="md" gap="md">
        <Button variant="subtle" size="xs" onClick={() => setPasting(!pasting)} aria-expanded={pasting}>
          Paste rows instead
        </Button>
        <Button
          variant="subtle"
          size="xs"
          component="a"
          href={`data:text/csv;charset=utf-8,${encodeURIComponent(EXAMPLE)}`}
          download="contacts.csv"
          leftSection={<Icon name="download" size={15} />}
        >
          A file to begin with
        </Button>
      </Group>
      {pasting && <Paste begin={(chosen) => void begin(chosen)} />}
      {waiting.length > 0 && (
        <section style={{ marginTop: 26 }}>
          <Title order={2} size="h5" mb={8}>
            Go on with
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
  if (file.size === 0) return `${file.name} is empty.`;
  if (file.size > MOST) return `${file.name} has ${bytes(file.size)}; ${bytes(MOST)} are the most. Split it.`;
  return null;
}

function words(error: unknown): string {
  if (error instanceof NoAnswer && error.late)
    return "Connection timeout. Please check your upload status and retry if needed.";
  if (isAway(error)) return "The server is away. Nothing of the file was sent.";
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
        Drop a file here
      </Text>
      <Button onClick={() => input.current?.click()} loading={busy}>
        Choose a file
      </Button>
      <input
        ref={input}
        type="file"
        accept=".csv,.tsv,.txt,.xlsx,text/csv,text/plain"
        className="hidden-words"
        tabIndex={-1}
        aria-label="File with contacts"
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
        label="Rows"
        description="With a first row of headings, as copied from a spreadsheet"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        autosize
        minRows={5}
        maxRows={16}
        placeholder={EXAMPLE}
        styles={{ input: { fontFamily: "ui-monospace, monospace", fontSize: 13 } }}
      />
      <Group justify="flex-end" mt="sm">
        <Button
          disabled={!text.trim()}
          onClick={() => begin(new File([text], "Pasted rows.csv", { type: "text/csv" }))}
        >
          Take these rows
        </Button>
      </Group>
    </div>
  );
}
