// What they read; beside it the very message that one of them would get.

import { Group, Stack, Text, Title } from "@mantine/core";
import { Editor } from "@/content/Editor";
import { words } from "@/words/composer";
import type { Wishes } from "../drafts";
import { Chat } from "./Chat";
import { FromTemplate } from "./FromTemplate";
import { Preview } from "./Preview";
import type { Writing } from "./useDraft";
import { isBoth, reached, type Tally, type Way, waysOf } from "./ways";

interface Props {
  wishes: Wishes;
  set: (changes: Partial<Wishes>) => void;
  writing: Writing;
}

export function Message({ tally, ...props }: Props & { tally: Tally | null }) {
  const { wishes } = props;
  const written = (way: Way) => (way === "whatsapp" ? <Chat {...props} /> : <Letter {...props} />);
  if (!isBoth(wishes)) return written(wishes.channel as Way);
  return (
    <Stack gap="xl">
      {waysOf(wishes).map((way) => (
        <section key={way} aria-label={words.messages[way]} data-testid={`message-${way}`}>
          <Group justify="space-between" mb="sm" gap="sm">
            <Title order={3} size="h5">
              {words.messages[way]}
            </Title>
            {tally?.by && (
              <Text size="sm" c="dimmed" className="num">
                {words.personsGetIt(reached(tally, wishes, way))}
              </Text>
            )}
          </Group>
          {written(way)}
        </section>
      ))}
    </Stack>
  );
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
