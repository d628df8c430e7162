// What became of an import, in words and in figures that add up; the rows that were refused, and ways on and back.

import { Alert, Button, Group, Modal, Text, Title } from "@mantine/core";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { download, path } from "@/api/client";
import { useLink } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import type { Import, Undo } from "@/model/imports";
import { number } from "@/model/words";
import { say } from "@/notices/toast";
import { words } from "@/words/imported";
import { words as imports } from "@/words/imports";
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
              { is: "rows", value: report.total },
              { is: "created", value: report.created },
              {
                is: "updated",
                value: report.updated,
                more: report.unchanged > 0 ? words.soAlready(number(report.unchanged)) : undefined,
              },
              { is: "rejected", value: rejected - report.duplicates, bad: true },
              { is: "repeated", value: report.duplicates },
              ...(report.notProcessedContacts > 0
                ? [{ is: "notProcessed" as const, value: report.notProcessedContacts, bad: true }]
                : []),
              ...(report.removed > 0 ? [{ is: "removed" as const, value: report.removed }] : []),
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
  if (of.state === "failed") return imports.uploadFailed;
  if (of.state === "cancelled") return many > 0 ? words.cancelledHalfWay : words.cancelled;
  return many > 0 ? imports.uploaded(many) : words.noContact;
}

function said(of: Import): string {
  const { report } = of;
  const many = report.created + report.updated;
  if (of.state === "failed") return words.failedBefore(of.detail ?? words.couldNotBeRead, many);
  if (of.state === "cancelled") return many > 0 ? words.cancelledBefore(many) : words.nothingWritten;
  const rejected = report.failed - report.duplicates;
  const parts = [];
  if (rejected > 0) parts.push(words.notIn(rejected));
  if (report.duplicates > 0) parts.push(words.repeated(report.duplicates));
  if (report.removed > 0) parts.push(words.removed(report.removed));
  return parts.length > 0 ? parts.join(" ") : words.everyRowIn;
}

/** The figures add up, and show it. */
function Balance({ of }: { of: Import }) {
  const { report } = of;
  const sum = report.created + report.updated + report.failed;
  return (
    <p className="audit dim" style={{ margin: "12px 0 0" }} data-testid="balance">
      {words.balance(report.total, report.created, report.updated, report.failed)}
      {sum === report.total && (
        <>
          {" "}
          <Icon name="done" size={13} style={{ verticalAlign: -2 }} /> {words.addsUp}
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
      say(words.notBegun, (error as Error).message, "red");
    }
    setBusy(false);
  };
  return (
    <Group mt="md" gap="sm">
      {rejected > 0 && <RejectedFile of={of} />}
      {rejected > 0 && (
        <Button variant="default" onClick={() => void retry()} loading={busy} disabled={lost} data-testid="retry">
          {words.retryRejected}
        </Button>
      )}
      {of.state === "failed" && <Button onClick={() => go("/imports/new")}>{words.chooseAgain}</Button>}
      {of.state === "completed" && !of.undo && of.report.created + of.report.updated > 0 && (
        <Button onClick={() => go(`/campaigns/new${list}`)}>{list ? words.writeToThem : words.writeToPeople}</Button>
      )}
      {of.state === "completed" && of.options.list && !of.undo && (
        <Link href={`/contacts${list}`}>{words.seeOnList(of.options.list)}</Link>
      )}
      {of.state === "completed" && !of.options.list && !of.undo && <Link href="/contacts">{words.seeContacts}</Link>}
      {wrote && !of.undo && (
        <Button variant="default" onClick={() => setAsking(true)} disabled={lost} data-testid="undo">
          {words.undo}
        </Button>
      )}
      {asking && <UndoQuestion of={of} close={() => setAsking(false)} />}
    </Group>
  );
}

/** The rejected rows as a file, to be mapped again: with another country or mode they may get in as they are. */
async function rejectedFile(of: Import): Promise<File> {
  const rows = await download(path(`/imports/${of.importId}/rejected.csv`));
  return new File([rows], words.rejectedOf(of.fileName).replace(/(\.\w+)?$/, ".csv"));
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
    <Modal opened onClose={close} title={words.undoAsk} centered>
      <Text size="sm">
        {words.whatUndoDoes(
          report.created,
          number(report.updated - report.unchanged),
          report.removed > 0 ? number(report.removed) : null,
        )}
      </Text>
      {undo.error && (
        <Text size="sm" c="red" role="alert" mt="sm">
          {undo.error.message}
        </Text>
      )}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={close}>
          {words.keepIt}
        </Button>
        <Button color="red.8" loading={undo.isPending} onClick={() => undo.mutate(undefined)}>
          {words.undoImport}
        </Button>
      </Group>
    </Modal>
  );
}

function Undone({ undo }: { undo: Undo }) {
  const running = undo.state === "running";
  return (
    <Alert color="gray" mb="md" title={running ? words.beingUndone : words.undone} role="status" data-testid="undone">
      <Text size="sm">
        {words.whatWasUndone(
          number(undo.removed),
          number(undo.restored),
          number(undo.returned),
          undo.kept > 0 ? number(undo.kept) : null,
        )}
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
        {words.leftOut(warnings)}
      </Text>
      <Reasons byType={warningsByType} errors={of.warnings} truncated={false} title={words.whatWasLeftOut} />
    </section>
  );
}
