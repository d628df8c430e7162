// The part words.blocks of a template: how one begins, the editor (loaded when it is asked for), and the way out of it, into MJML.

import { Alert, Button, Group, Modal, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { act } from "@/api/client";
import type { TemplatePreview } from "@/api/schema";
import { useLink } from "@/live/useLive";
import { Loading } from "@/marks/Empty";
import type { Design } from "@/model/design";
import type { Source } from "@/reading/templates";
import { words } from "@/words/templates";
import { EMPTY, WELCOME } from "./beginnings";

const Blocks = lazy(() => import("./Blocks").then((room) => ({ default: room.Blocks })));

interface Props {
  source: Source;
  set: (design: Design | null) => void;
  faults: readonly { pointer: string; detail: string }[];
  here: (insert: ((text: string) => void) | null) => void;
}

export function InBlocks({ source, set, faults, here }: Props) {
  const other = source.mjml.trim() ? "MJML" : source.html.trim() ? "HTML" : null;
  if (source.design)
    return (
      <Suspense fallback={<Loading rows={4} />}>
        <Blocks design={source.design} set={set} faults={faults} here={here} />
        {other && (
          <Group gap="xs" mt="sm">
            <Text size="sm" c="dimmed">
              {words.takePlace(other)}
            </Text>
            <Button size="compact-xs" variant="default" onClick={() => set(null)}>
              {words.backTo(other)}
            </Button>
          </Group>
        )}
      </Suspense>
    );
  return (
    <div className="card pad" style={{ textAlign: "center" }} data-testid="begin">
      <Text size="sm" mb="sm">
        {other ? words.writtenIn(other) : words.nothingToKnow}
      </Text>
      <Group gap="sm" justify="center">
        <Button size="xs" onClick={() => set(WELCOME)}>
          {words.withExample}
        </Button>
        <Button size="xs" variant="default" onClick={() => set(EMPTY)}>
          {words.beginEmpty}
        </Button>
      </Group>
    </div>
  );
}

/** The MJML that blocks are made into: to be written on by hand, once somebody says so. */
export function OfBlocks({ design, take }: { design: Design; take: (mjml: string) => void }) {
  const lost = useLink().status === "lost";
  const [asked, setAsked] = useState(false);
  const made = useMutation({
    mutationFn: () =>
      act<TemplatePreview>({ method: "POST", route: "/templates/preview", body: { subject: "-", design } }),
    onSuccess: ({ mjml }) => {
      if (mjml) take(mjml);
    },
  });
  return (
    <>
      <Text size="sm" c="dimmed" data-testid="made">
        {words.mjmlOfBlocks}
      </Text>
      <Button size="xs" variant="default" onClick={() => setAsked(true)} disabled={lost} style={{ alignSelf: "start" }}>
        {words.goOnInMjml}
      </Button>
      <Modal opened={asked} onClose={() => setAsked(false)} title={words.goOnInMjmlAsk} centered>
        <Text size="sm">{words.oneWay}</Text>
        {made.error && (
          <Alert color="red" mt="sm" role="alert">
            {made.error.message}
          </Alert>
        )}
        <Group justify="flex-end" gap="sm" mt="md">
          <Button variant="default" onClick={() => setAsked(false)}>
            {words.stay}
          </Button>
          <Button onClick={() => made.mutate()} loading={made.isPending} disabled={lost}>
            {words.goOnInMjml}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
