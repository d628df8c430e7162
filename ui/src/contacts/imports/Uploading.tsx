// A file on its way: how much is safe, and how it goes on when the line was cut or the page was closed.

import { Alert, Button, Group, Progress, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useLink, useNow } from "@/live/useLive";
import { bytes, type Import } from "@/model/imports";
import { say } from "@/notices/toast";
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
      say("Upload failed. Please try again.", (error as Error).message, "red");
    }
  };
  return (
    <>
      <section className="card pad" aria-label="Upload">
        <Progress
          value={of.size > 0 ? (safe / of.size) * 100 : 0}
          size="lg"
          color={cut ? "red.8" : "pine"}
          aria-label="Uploaded"
        />
        <Group justify="space-between" mt="sm" gap="sm">
          <Text size="sm" role="status" data-testid="upload">
            {cut
              ? `Connection lost. ${bytes(safe)} of ${bytes(of.size)} are safe on the server.`
              : arrived
                ? "All of it has arrived"
                : `${bytes(safe)} of ${bytes(of.size)} are on the server`}
          </Text>
          <Button size="xs" variant="default" onClick={cancel}>
            Cancel
          </Button>
        </Group>
        {cut && <Waits next={mine?.next ?? null} late={mine?.late ?? false} />}
        {mine?.status === "refused" && (
          <Alert color="red" mt="sm" title="Upload failed. Please try again." role="alert">
            <Text size="sm">{mine.problem}</Text>
            <Button size="xs" mt="sm" variant="default" onClick={() => void again(of.importId)}>
              Try again
            </Button>
          </Alert>
        )}
      </section>
      {looked && !mine && !arrived && (
        <section style={{ marginTop: 16 }}>
          <Text size="sm" mb="sm">
            This browser does not have the file. Choose the same file again: what the server has is not sent twice.
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
      {late && "Connection timeout. Please check your upload status and retry if needed. "}
      It goes on by itself from there, also after you have closed this page
      <span aria-hidden="true">{left === null ? "" : left > 0 ? `; next try in ${left} s` : "; trying now"}</span>.
    </Text>
  );
}
