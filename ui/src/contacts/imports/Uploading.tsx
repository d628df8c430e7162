// A file on its way: how much is safe, and how it goes on when the line was cut or the page was closed.

import { Alert, Button, Group, Progress, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useLink, useNow } from "@/live/useLive";
import { bytes, type Import } from "@/model/imports";
import { say } from "@/notices/toast";
import { words as imports } from "@/words/imports";
import { words } from "@/words/wizard";
import { again, drop, goOn } from "./upload";
import { useImportVerb } from "./useImportVerb";
import { useSend, useUpload } from "./useUploads";
import { Drop } from "./Wizard";

export function Uploading({ of }: { of: Import }) {
  const client = useQueryClient();
  const send = useSend();
  const lost = useLink().status === "lost";
  const mine = useUpload(of.importId);
  const { does } = useImportVerb(of);
  const [looked, setLooked] = useState(false);
  useEffect(() => {
    void goOn().finally(() => setLooked(true));
  }, []);
  const safe = Math.max(of.offset, mine?.safe ?? 0);
  const arrived = safe >= of.size;
  useEffect(() => {
    if (arrived) void client.invalidateQueries({ queryKey: ["import", of.importId] });
  }, [arrived, client, of.importId]);
  const cut = mine?.status === "waiting" || (mine !== null && lost);
  const cancel = () => {
    drop(of.importId);
    does("cancel");
  };
  const chosen = async (file: File) => {
    try {
      await send(file);
    } catch (error) {
      say(imports.uploadFailed, (error as Error).message, "red");
    }
  };
  return (
    <>
      <section className="card pad" aria-label={words.upload}>
        <Progress
          value={of.size > 0 ? (safe / of.size) * 100 : 0}
          size="lg"
          color={cut ? "red.8" : "pine"}
          aria-label={words.uploadedShare}
        />
        <Group justify="space-between" mt="sm" gap="sm">
          <Text size="sm" role="status" data-testid="upload">
            {cut
              ? words.safeOnServer(bytes(safe), bytes(of.size))
              : arrived
                ? words.allArrived
                : imports.onServer(bytes(safe), bytes(of.size))}
          </Text>
          <Button size="xs" variant="default" onClick={cancel}>
            {imports.verbs.cancel}
          </Button>
        </Group>
        {cut && <Waits next={mine?.next ?? null} late={mine?.late ?? false} />}
        {mine?.status === "refused" && (
          <Alert color="red" mt="sm" title={imports.uploadFailed} role="alert">
            <Text size="sm">{mine.problem}</Text>
            <Button size="xs" mt="sm" variant="default" onClick={() => void again(of.importId)}>
              {imports.tryAgain}
            </Button>
          </Alert>
        )}
      </section>
      {looked && !mine && !arrived && (
        <section style={{ marginTop: 16 }}>
          <Text size="sm" mb="sm">
            {words.notHere}
          </Text>
          <Drop busy={false} begin={(file) => void chosen(file)}>
            <Text size="sm" c="dimmed" mt={6}>
              {of.fileName}, {bytes(of.size)}
            </Text>
          </Drop>
        </section>
      )}
    </>
  );
}

function Waits({ next, late }: { next: number | null; late: boolean }) {
  const now = useNow(500);
  const left = next === null ? null : Math.max(0, Math.ceil((next - now) / 1000));
  return (
    <Text size="sm" c="dimmed" mt={6}>
      {late && `${imports.timedOut} `}
      {words.goesOnFromThere}
      <span aria-hidden="true">{left === null ? "" : left > 0 ? words.nextTry(left) : words.tryingNow}</span>.
    </Text>
  );
}
