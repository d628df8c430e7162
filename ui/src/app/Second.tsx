// A click that could not be sent at its time, put to the person again.

import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useLive } from "@/live/useLive";
import type { Wish } from "@/outbox/queue";
import { useOutbox } from "@/outbox/useOutbox";
import { words } from "@/words/frame";

export function Second({ asking }: { asking: Wish }) {
  const outbox = useOutbox();
  const book = useLive((live) => live.book);
  const control = asking.campaign ? book.campaigns[asking.campaign]?.control : undefined;
  return (
    <Modal opened onClose={() => outbox.drop(asking.key)} title={words.stillDoThis} centered>
      <Stack>
        <Text>
          <b>{asking.label}</b> {words.couldNotBeSent(asking.asks ?? "")}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => outbox.drop(asking.key)}>
            {words.doNot}
          </Button>
          <Button onClick={() => outbox.confirm(asking.key, control)}>{words.doItNow}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
