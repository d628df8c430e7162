// The uploads of a screen: they go on by themselves when the line is back.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { upload } from "@/api/upload";
import { useLive, useNow } from "@/live/useLive";
import { Files } from "@/outbox/files";
import { newKey } from "@/outbox/queue";
import type { Fresh, Medium } from "./medium";

export function useUploads(done?: (made: Medium) => void) {
  const client = useQueryClient();
  const told = useRef(done);
  told.current = done;
  const uploads = useMemo(
    () =>
      new Files<Fresh, Medium>(
        (going, onProgress) =>
          upload<Medium>({
            route: `/media?name=${encodeURIComponent(going.name)}`,
            file: going.file,
            key: going.key,
            onProgress,
          }),
        newKey,
        (made) => {
          void client.invalidateQueries({ queryKey: ["media"] });
          told.current?.(made);
        },
      ),
    [client],
  );
  const items = useSyncExternalStore(uploads.subscribe, uploads.list);
  const open = useLive((live) => live.link.status === "open");
  const beat = useNow(2_000);
  const cut = items.some((each) => each.state === "cut");
  // biome-ignore lint/correctness/useExhaustiveDependencies: each beat tries again while the line is open
  useEffect(() => {
    if (open && cut) uploads.again();
  }, [open, cut, beat]);
  return { uploads, items };
}
