// The media library: what messages show, by public addresses.

import { Alert, Button, Group, Modal, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { act } from "@/api/client";
import { useLink } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import { say } from "@/notices/toast";
import { words } from "@/words/media";
import { isOnlyHere, type Medium } from "./medium";
import { Drop, Shelf } from "./Shelf";
import { useUploads } from "./useUploads";

export function Library() {
  const { uploads, items } = useUploads();
  const [shown, setShown] = useState<Medium | null>(null);
  return (
    <div className="page">
      <Title order={1} size="h2" mb="md">
        {words.media}
      </Title>
      <Drop uploads={uploads} items={items} />
      <Shelf>
        {(each) => (
          <div className="shelf-words">
            <Text size="sm" fw={600} lineClamp={1} title={each.name}>
              {each.name}
            </Text>
            <Text size="xs" c="dimmed">
              {sizes(each)}
            </Text>
            <Group gap={6} mt={8}>
              <Button size="compact-xs" variant="default" onClick={() => void copy(each.url)}>
                {words.copyAddress}
              </Button>
              <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setShown(each)}>
                {words.more}
              </Button>
            </Group>
          </div>
        )}
      </Shelf>
      {shown && <Sheet key={shown.id} of={shown} close={() => setShown(null)} />}
    </div>
  );
}

export function sizes(of: Medium): string {
  const bytes = of.size_bytes < 1_000_000 ? words.kilobytes(Math.ceil(of.size_bytes / 1000)) : mega(of.size_bytes);
  return of.width === null ? words.pdf(bytes) : `${of.width} x ${of.height}, ${bytes}`;
}

const mega = (bytes: number) => words.megabytes((bytes / 1_000_000).toFixed(1));

/** Over plain http a browser gives no clipboard: then the old way. */
async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  say(words.addressCopied, text);
}

function Sheet({ of, close }: { of: Medium; close: () => void }) {
  const client = useQueryClient();
  const lost = useLink().status === "lost";
  const [name, setName] = useState(of.name);
  const [sure, setSure] = useState(false);
  const done = () => {
    void client.invalidateQueries({ queryKey: ["media"] });
    close();
  };
  const rename = useMutation({
    mutationFn: () => act({ method: "PATCH", route: `/media/${of.id}`, body: { name } }),
    onSuccess: done,
  });
  const remove = useMutation({
    mutationFn: () => act({ method: "DELETE", route: `/media/${of.id}` }),
    onSuccess: done,
  });
  const error = rename.error ?? remove.error;
  return (
    <Modal opened onClose={close} title={words.fileOfLibrary} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate();
        }}
      >
        <TextInput
          label={words.name}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <TextInput
          label={words.publicAddress}
          value={of.url}
          readOnly
          mt="sm"
          onFocus={(event) => event.currentTarget.select()}
        />
        {isOnlyHere(of.url) && (
          <Alert mt="sm" color="yellow" icon={<Icon name="hand" />}>
            {words.onlyHere}
          </Alert>
        )}
        {error && (
          <Text size="sm" c="red" role="alert" mt="sm">
            {error.message}
          </Text>
        )}
        <Group justify="space-between" mt="md">
          {sure ? (
            <Button color="red.8" onClick={() => remove.mutate()} loading={remove.isPending} disabled={lost}>
              {words.removeForGood}
            </Button>
          ) : (
            <Button variant="default" onClick={() => setSure(true)} disabled={lost}>
              {words.remove}
            </Button>
          )}
          <Button type="submit" loading={rename.isPending} disabled={lost || !name.trim()}>
            {words.save}
          </Button>
        </Group>
        {sure && (
          <Text size="sm" mt="sm" role="status">
            {words.showsNothing}
          </Text>
        )}
      </form>
    </Modal>
  );
}
