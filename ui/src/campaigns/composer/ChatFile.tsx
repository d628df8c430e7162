// The one file that goes with a WhatsApp message: with its text as the caption, or as the header of an approved template.

import { ActionIcon, Button, FileButton, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Icon } from "@/marks/icons";
import { number } from "@/model/words";
import { words } from "@/words/composer";
import { attach, detach, fileOf } from "../drafts";
import type { Writing } from "./useDraft";

const KINDS = "image/jpeg,image/png,video/mp4,application/pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.txt";

/** `accept`, `wanted`: where only one kind of file will do. */
export function ChatFile({
  writing,
  accept = KINDS,
  wanted = words.fileOfAnyKind,
}: {
  writing: Writing;
  accept?: string;
  wanted?: string;
}) {
  const file = fileOf(writing.draft);
  const [problem, setProblem] = useState("");
  const put = useMutation({
    mutationFn: async (given: File) => {
      const draft = await writing.flush();
      for (const each of draft.attachments ?? []) if (each.channel !== "email") await detach(draft.id, each.position);
      await attach(draft.id, given);
      await writing.reread();
    },
    onMutate: () => setProblem(""),
    onError: (error) => setProblem(error.message),
  });
  const remove = async () => {
    if (!file || !writing.id) return;
    try {
      await detach(writing.id, file.position);
      await writing.reread();
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <Group gap="xs">
      <FileButton accept={accept} onChange={(given) => given && put.mutate(given)}>
        {(props) => (
          <Button
            {...props}
            size="xs"
            variant="default"
            leftSection={<Icon name="upload" size={15} />}
            loading={put.isPending}
          >
            {file ? words.anotherFile : wanted}
          </Button>
        )}
      </FileButton>
      {file && (
        <Text size="sm" data-testid="file">
          {file.filename} <span className="dim">{words.kilobytes(number(Math.ceil(file.size_bytes / 1000)))}</span>
        </Text>
      )}
      {file && (
        <ActionIcon
          aria-label={words.removeFile(file.filename)}
          onClick={() => void remove()}
          variant="subtle"
          color="gray"
        >
          <Icon name="cross" size={14} />
        </ActionIcon>
      )}
      {problem && (
        <Text size="sm" c="red" role="alert">
          {problem}
        </Text>
      )}
    </Group>
  );
}
