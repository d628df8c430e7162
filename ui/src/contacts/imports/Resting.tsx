// An import that rests: by a person's wish, for want of a database or of room, or because it would remove many contacts.

import { Alert, Button, Group, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useLink } from "@/live/useLive";
import { type Import, lostWords } from "@/model/imports";
import { number } from "@/model/words";
import { words as imports } from "@/words/imports";
import { words } from "@/words/wizard";
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
        title={lost ? words.connectionLost : of.reason === "no_space" ? words.diskFull : imports.state.paused}
        role={trouble ? "alert" : "status"}
        data-testid="resting"
      >
        <Text size="sm">
          {lost ? lostWords(report) : words.soFar(report.created + report.updated, number(report.notProcessedContacts))}
        </Text>
        <Text size="sm" mt={4}>
          {lost ? words.resumeAtNext : of.reason === "no_space" ? words.makeRoom : words.chunksSafe}
        </Text>
        <Group mt="md" gap="sm">
          <Button onClick={() => does("resume")} disabled={waits !== null} data-testid="resume">
            {waits === "resume" ? imports.underway.resume : lost ? words.resumeImport : imports.verbs.resume}
          </Button>
          <Button variant="default" onClick={() => does("cancel")} disabled={waits !== null}>
            {imports.verbs.cancel}
          </Button>
        </Group>
      </Alert>
      <section className="card pad">
        <Figures
          of={[
            { is: "rows", value: report.total },
            { is: "created", value: report.created },
            { is: "updated", value: report.updated },
            { is: "rejected", value: report.failed - report.notProcessedContacts, bad: true },
            { is: "notProcessed", value: report.notProcessedContacts },
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
  const [why] = (of.detail ?? words.manyRemoved).split(" Confirm with");
  return (
    <section className="card pad" data-testid="question">
      <Alert color="red" title={words.lookAgain} role="alert">
        <Text size="sm">
          {why} {words.notRemovedYet}
        </Text>
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
          label={words.howManyRemoved}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          inputMode="numeric"
          autoComplete="off"
          error={start.error?.message}
          maw={340}
        />
        <Group mt="md" gap="sm">
          <Button type="submit" color="red.8" loading={start.isPending} disabled={cut || !typed.trim()}>
            {many > 0 ? words.removeMany(number(many)) : words.removeAndGoOn}
          </Button>
          {of.report.processedContacts === 0 && (
            <Button variant="default" onClick={back}>
              {words.changeColumns}
            </Button>
          )}
          <Button variant="default" onClick={() => does("cancel")}>
            {imports.verbs.cancel}
          </Button>
        </Group>
      </form>
    </section>
  );
}
