// Encoding, separator, sheet: what was found out, and a way to say otherwise.

import { Group, Select, Text } from "@mantine/core";
import type { Sample } from "@/model/imports";
import { words } from "@/words/wizard";
import type { Choice } from "./Mapping";

interface Props {
  sample: Sample | undefined;
  choice: Choice;
  change: (next: Partial<Choice>) => void;
}

export function Reading({ sample, choice, change }: Props) {
  if (sample?.format === "xlsx")
    return sample.sheets.length > 1 ? (
      <Select
        label={words.sheet}
        data={sample.sheets.map((each, place) => ({ value: String(place + 1), label: each }))}
        value={String(choice.sheet ?? 1)}
        onChange={(value) => change({ sheet: Number(value) })}
        allowDeselect={false}
        maw={320}
      />
    ) : (
      <Text size="sm">{words.excelFile(sample.sheets[0])}</Text>
    );
  const encoding = choice.encoding ?? sample?.encoding ?? null;
  const separator = choice.delimiter ?? sample?.delimiter ?? null;
  return (
    <>
      <Group gap="md" align="flex-start">
        <Select
          label={words.encoding}
          description={choice.encoding ? words.asYouChose : words.foundOut}
          data={withOwn(words.encodings, encoding)}
          value={encoding}
          onChange={(value) => change({ encoding: value })}
          allowDeselect={false}
          w={260}
          data-testid="encoding"
        />
        <Select
          label={words.separator}
          description={choice.delimiter ? words.asYouChose : words.foundOut}
          data={withOwn(words.separators, separator)}
          value={separator}
          onChange={(value) => change({ delimiter: value })}
          allowDeselect={false}
          w={180}
          data-testid="delimiter"
        />
      </Group>
      <Text size="sm" c="dimmed" mt={8}>
        {words.lookAtSamples}
      </Text>
    </>
  );
}

/** The usual ones, and whatever else was found. */
function withOwn(usual: Record<string, string>, found: string | null) {
  const listed = Object.entries(usual).map(([value, label]) => ({ value, label }));
  return found && usual[found] === undefined ? [{ value: found, label: found }, ...listed] : listed;
}
