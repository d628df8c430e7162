// The part "Blocks" of a template: how one begins, the editor (loaded when it is asked for), and the way out of it, into MJML.

import { Alert, Button, Group, Modal, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { act } from "@/api/client";
import type { TemplatePreview } from "@/api/schema";
import { useLink } from "@/live/useLive";
import { Loading } from "@/marks/Empty";
import type { Design } from "@/model/design";
import type { Source } from "@/reading/templates";
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
              Once this is saved, the blocks take the place of the {other}.
            </Text>
            <Button size="compact-xs" variant="default" onClick={() => set(null)}>
              Back to the {other}
            </Button>
          </Group>
        )}
      </Suspense>
    );
  return (
    <div className="card pad" style={{ textAlign: "center" }} data-testid="begin">
      <Text size="sm" mb="sm">
        {other
          ? `This message is written in ${other}. Blocks begin anew and take its place; its versions stay.`
          : "Headings, texts, buttons and pictures, put under and beside each other. Nothing to know about HTML."}
      </Text>
      <Group gap="sm" justify="center">
        <Button size="xs" onClick={() => set(WELCOME)}>
          Begin with an example
        </Button>
        <Button size="xs" variant="default" onClick={() => set(EMPTY)}>
          Begin empty
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
        The MJML is made of the blocks.
      </Text>
      <Button size="xs" variant="default" onClick={() => setAsked(true)} disabled={lost} style={{ alignSelf: "start" }}>
        Go on in MJML
      </Button>
      <Modal opened={asked} onClose={() => setAsked(false)} title="Go on in MJML?" centered>
        <Text size="sm">
          You can then write whatever MJML can do. It does not turn back into blocks; the versions that you saved keep
          theirs.
        </Text>
        {made.error && (
          <Alert color="red" mt="sm" role="alert">
            {made.error.message}
          </Alert>
        )}
        <Group justify="flex-end" gap="sm" mt="md">
          <Button variant="default" onClick={() => setAsked(false)}>
            Stay with blocks
          </Button>
          <Button onClick={() => made.mutate()} loading={made.isPending} disabled={lost}>
            Go on in MJML
          </Button>
        </Group>
      </Modal>
    </>
  );
}
