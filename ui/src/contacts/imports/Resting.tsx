// An import that rests: by a person's wish, for want of a database or of room, or because it would remove many contacts.

import { Alert, Button, Group, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useLink } from "@/live/useLive";
import { type Import, lostWords } from "@/model/imports";
import { count, number } from "@/model/words";
import { Difference } from "./Check";
import { Figures } from "./Figures";
import { useImportAct, useImportVerb } from "./useImportVerb";

export function Resting({ of, back }: { of: Import; back: () => void }) {
  const { does, waits } = useImportVerb(of);
  if (of.reason === "awaiting_confirmation") return <Question of={of} back={back} />;
  const { report } = of;
  const lost = of.reason === "connection_lost";
  const trouble = lost || of.reason === "no_space";
  return (
    <>
      <Alert
        color={trouble ? "red" : "orange"}
        mb="md"
        title={lost ? "Connection lost" : of.reason === "no_space" ? "The disk is full" : "Paused"}
        role={trouble ? "alert" : "status"}
        data-testid="resting"
      >
        <Text size="sm">
          {lost
            ? lostWords(report)
            : `${count(report.created + report.updated, "contact")} uploaded, ${number(report.notProcessedContacts)} not processed yet.`}
        </Text>
        <Text size="sm" mt={4}>
          {lost
            ? "Resume goes on at the next row. What is stored is not stored twice."
            : of.reason === "no_space"
              ? "Make room on the server's disk; the import goes on by itself then."
              : "Every chunk so far is stored for good."}
        </Text>
        <Group mt="md" gap="sm">
          <Button onClick={() => does("resume")} disabled={waits !== null} data-testid="resume">
            {waits === "resume" ? "Resuming..." : lost ? "Resume import" : "Resume"}
          </Button>
          <Button variant="default" onClick={() => does("cancel")} disabled={waits !== null}>
            Cancel
          </Button>
        </Group>
      </Alert>
      <section className="card pad">
        <Figures
          of={[
            { name: "rows", value: report.total },
            { name: "created", value: report.created },
            { name: "updated", value: report.updated },
            { name: "rejected", value: report.failed - report.notProcessedContacts, bad: true },
            { name: "not processed", value: report.notProcessedContacts },
          ]}
        />
      </section>
    </>
  );
}

/** The second question: the very number must be typed. */
function Question({ of, back }: { of: Import; back: () => void }) {
  const cut = useLink().status === "lost";
  const [typed, setTyped] = useState("");
  const start = useImportAct(of, "start");
  const { does } = useImportVerb(of);
  const many = Number(typed.replace(/\D/g, ""));
  const [why] = (of.detail ?? "Many contacts would be removed").split(" Confirm with");
  return (
    <section className="card pad" data-testid="question">
      <Alert color="red" title="Look again before you go on" role="alert">
        <Text size="sm">{why} Nothing is removed yet.</Text>
      </Alert>
      {of.check && of.report.processedContacts === 0 && <Difference check={of.check} />}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate({ confirmRemoval: many });
        }}
      >
        <TextInput
          mt="md"
          label="How many contacts are to be removed? Type the number"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          inputMode="numeric"
          autoComplete="off"
          error={start.error?.message}
          maw={340}
        />
        <Group mt="md" gap="sm">
          <Button type="submit" color="red.8" loading={start.isPending} disabled={cut || !typed.trim()}>
            {many > 0 ? `Remove ${number(many)} and go on` : "Remove and go on"}
          </Button>
          {of.report.processedContacts === 0 && (
            <Button variant="default" onClick={back}>
              Change columns or mode
            </Button>
          )}
          <Button variant="default" onClick={() => does("cancel")}>
            Cancel
          </Button>
        </Group>
      </form>
    </section>
  );
}
