// What they read; beside it the very message that one of them would get.

import { Stack } from "@mantine/core";
import { Editor } from "@/content/Editor";
import type { Wishes } from "../drafts";
import { Chat } from "./Chat";
import { FromTemplate } from "./FromTemplate";
import { Preview } from "./Preview";
import type { Writing } from "./useDraft";

interface Props {
  wishes: Wishes;
  set: (changes: Partial<Wishes>) => void;
  writing: Writing;
}

export function Message(props: Props) {
  return props.wishes.channel === "whatsapp" ? <Chat {...props} /> : <Letter {...props} />;
}

function Letter({ wishes, set, writing }: Props) {
  return (
    <Stack gap="sm">
      <FromTemplate wishes={wishes} set={set} />
      <Editor channel="email" written={wishes} set={set} />
      <Preview writing={writing} />
    </Stack>
  );
}
