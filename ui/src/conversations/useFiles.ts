// The answers with a file that are on their way: kept over changes of the screen, gone on with when the line is back.

import { useEffect, useSyncExternalStore } from "react";
import { upload } from "@/api/upload";
import { useLive, useNow } from "@/live/useLive";
import { Files, type Going } from "@/outbox/files";
import { newKey } from "@/outbox/queue";

export interface FileAnswer {
  address: string;
  file: File;
  text: string;
  channel: "whatsapp" | "email";
  sender?: string | undefined;
  subject?: string | undefined;
}

const answers = new Files<FileAnswer>((of, onProgress) => {
  const form = new FormData();
  const fields = { text: of.text, channel: of.channel, sender: of.sender, subject: of.subject };
  for (const [name, value] of Object.entries(fields)) if (value) form.append(name, value);
  form.append("file", of.file, of.file.name);
  return upload({
    route: `/conversations/${encodeURIComponent(of.address)}/files`,
    file: form,
    key: of.key,
    onProgress,
  });
}, newKey);

export function useFileAnswers(address: string): {
  answers: Files<FileAnswer>;
  items: readonly Going<FileAnswer>[];
} {
  const items = useSyncExternalStore(answers.subscribe, answers.list);
  const open = useLive((live) => live.link.status === "open");
  const beat = useNow(2_000);
  const cut = items.some((each) => each.state === "cut");
  // biome-ignore lint/correctness/useExhaustiveDependencies: each beat tries again while the line is open
  useEffect(() => {
    if (open && cut) answers.again();
  }, [open, cut, beat]);
  const going = items.length > 0;
  useEffect(() => {
    if (!going) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault(); // a file that has not arrived is nowhere else
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [going]);
  return { answers, items: items.filter((each) => each.address === address) };
}
