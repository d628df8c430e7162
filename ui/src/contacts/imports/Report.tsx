// What became of an import, in words and in figures that add up; the rows that were refused, and ways on and back.

import { Alert, Button, Group, Modal, Text, Title } from "@mantine/core";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { download, path } from "@/api/client";
import { useLink } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import type { Import, Undo } from "@/model/imports";
import { count, number } from "@/model/words";
import { say } from "@/notices/toast";
import { Figures } from "./Figures";
import { Reasons, RejectedFile } from "./Reasons";
import { useImportAct } from "./useImportVerb";
import { useSend } from "./useUploads";

export function Report({ of }: { of: Import }) {
  const { report } = of;
  const rejected = report.failed - report.notProcessedContacts;
  const wrote = report.created + report.updated + report.removed > 0;
  return (
    <>
      <section className="card pad" style={{ marginBottom: 14 }} data-testid="report">
        <Title order={2} size="h4" mb={4}>
          {headline(of)}
        </Title>
        <Text size="sm" mb="md">
          {said(of)}
        </Text>
        {of.undo && <Undone undo={of.undo} />}
        {report.total > 0 && (
          <Figures
            of={[
              { name: "rows", value: report.total },
              { name: "created", value: report.created },
              {
                name: "updated",
                value: report.updated,
                more: report.unchanged > 0 ? `${number(report.unchanged)} were so already` : undefined,
              },
              { name: "rejected", value: rejected - report.duplicates, bad: true },
              { name: "repeated", value: report.duplicates },
              ...(report.notProcessedContacts > 0
                ? [{ name: "not processed", value: report.notProcessedContacts, bad: true }]
                : []),
              ...(report.removed > 0 ? [{ name: "removed", value: report.removed }] : []),
            ]}
          />
        )}
        {report.total > 0 && <Balance of={of} />}
        <Ways of={of} rejected={rejected} wrote={wrote} />
      </section>
      <Reasons byType={report.errorsByType} errors={of.errors} truncated={of.errorsTruncated} />
      <Warnings of={of} />
    </>
  );
}

function headline(of: Import): string {
  const many = of.report.created + of.report.updated;
  if (of.state === "failed") return "Upload failed. Please try again.";
  if (of.state === "cancelled") return many > 0 ? "Cancelled half-way" : "Cancelled";
  return many > 0 ? `Successfully uploaded ${many} contacts!` : "No contact came of this file";
}

function said(of: Import): string {
  const { report } = of;
  const many = report.created + report.updated;
  if (of.state === "failed")
    return `${of.detail ?? "The file could not be read"}. ${many > 0 ? `${count(many, "contact")} were stored before.` : "Nothing was written."}`;
  if (of.state === "cancelled")
    return many > 0
      ? `${count(many, "contact")} were stored before it was cancelled. They stay, unless you undo the import.`
      : "Nothing was written.";
  const rejected = report.failed - report.duplicates;
  const words = [];
  if (rejected > 0)
    words.push(
      `${count(rejected, "row")} did not get in. Download them, correct what stands beside each, and import that file: nobody is doubled.`,
    );
  if (report.duplicates > 0) words.push(`${count(report.duplicates, "row")} repeated an earlier one.`);
  if (report.removed > 0) words.push(`${count(report.removed, "contact")} that the file does not name were removed.`);
  return words.length > 0 ? words.join(" ") : "Every row is in.";
}

/** The figures add up, and show it. */
function Balance({ of }: { of: Import }) {
  const { report } = of;
  const sum = report.created + report.updated + report.failed;
  return (
    <p className="audit dim" style={{ margin: "12px 0 0" }} data-testid="balance">
      rows {number(report.total)} = {number(report.created)} created + {number(report.updated)} updated +{" "}
      {number(report.failed)} not in
      {sum === report.total && (
        <>
          {" "}
          <Icon name="done" size={13} style={{ verticalAlign: -2 }} /> adds up
        </>
      )}
    </p>
  );
}

function Ways({ of, rejected, wrote }: { of: Import; rejected: number; wrote: boolean }) {
  const [, go] = useLocation();
  const send = useSend();
  const lost = useLink().status === "lost";
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const list = of.options.list ? `?list=${encodeURIComponent(of.options.list)}` : "";
  const retry = async () => {
    setBusy(true);
    try {
      await send(await rejectedFile(of), carried(of));
    } catch (error) {
      say("Not begun", (error as Error).message, "red");
    }
    setBusy(false);
  };
  return (
    <Group mt="md" gap="sm">
      {rejected > 0 && <RejectedFile of={of} />}
      {rejected > 0 && (
        <Button variant="default" onClick={() => void retry()} loading={busy} disabled={lost} data-testid="retry">
          Retry rejected rows
        </Button>
      )}
      {of.state === "failed" && <Button onClick={() => go("/imports/new")}>Choose a file again</Button>}
      {of.state === "completed" && !of.undo && of.report.created + of.report.updated > 0 && (
        <Button onClick={() => go(`/campaigns/new${list}`)}>{list ? "Write to them" : "Write to people"}</Button>
      )}
      {of.state === "completed" && of.options.list && !of.undo && (
        <Link href={`/contacts${list}`}>See them on "{of.options.list}"</Link>
      )}
      {of.state === "completed" && !of.options.list && !of.undo && <Link href="/contacts">See the contacts</Link>}
      {wrote && !of.undo && (
        <Button variant="default" onClick={() => setAsking(true)} disabled={lost} data-testid="undo">
          Undo
        </Button>
      )}
      {asking && <UndoQuestion of={of} close={() => setAsking(false)} />}
    </Group>
  );
}

/** The rejected rows as a file, to be mapped again: with another country or mode they may get in as they are. */
async function rejectedFile(of: Import): Promise<File> {
  const rows = await download(path(`/imports/${of.importId}/rejected.csv`));
  return new File([rows], `Rejected of ${of.fileName || "an upload"}`.replace(/(\.\w+)?$/, ".csv"));
}

function carried({ options }: Import) {
  return {
    ...(options.list ? { list: options.list } : {}),
    ...(options.defaultCountry ? { defaultCountry: options.defaultCountry } : {}),
    upsertBy: options.upsertBy,
    onBadValue: options.onBadValue,
  };
}

function UndoQuestion({ of, close }: { of: Import; close: () => void }) {
  const undo = useImportAct(of, "undo", close);
  const { report } = of;
  return (
    <Modal opened onClose={close} title="Undo this import?" centered>
      <Text size="sm">
        {count(report.created, "contact")} that it made go, {number(report.updated - report.unchanged)} that it changed
        become as before
        {report.removed > 0 ? `, ${number(report.removed)} that it removed return` : ""}. Whoever was changed since
        stays as they are, and is counted.
      </Text>
      {undo.error && (
        <Text size="sm" c="red" role="alert" mt="sm">
          {undo.error.message}
        </Text>
      )}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={close}>
          Keep it
        </Button>
        <Button color="red.8" loading={undo.isPending} onClick={() => undo.mutate(undefined)}>
          Undo the import
        </Button>
      </Group>
    </Modal>
  );
}

function Undone({ undo }: { undo: Undo }) {
  const running = undo.state === "running";
  return (
    <Alert color="gray" mb="md" title={running ? "Being undone" : "Undone"} role="status" data-testid="undone">
      <Text size="sm">
        {number(undo.removed)} removed, {number(undo.restored)} as before, {number(undo.returned)} returned
        {undo.kept > 0 ? `, ${number(undo.kept)} kept because somebody has changed them since` : ""}.
      </Text>
    </Alert>
  );
}

/** Values that were left out of rows that got in. */
function Warnings({ of }: { of: Import }) {
  const { warnings, warningsByType } = of.report;
  if (warnings === 0) return null;
  return (
    <section data-testid="warnings">
      <Text size="sm" c="dimmed" mb={8}>
        {count(warnings, "value")} of rows that got in {warnings === 1 ? "was" : "were"} left out or taken with a guess.
      </Text>
      <Reasons byType={warningsByType} errors={of.warnings} truncated={false} title="What was left out" />
    </section>
  );
}
