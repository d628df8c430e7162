// Encoding, separator, sheet: what was found out, and a way to say otherwise.

import { Group, Select, Text } from "@mantine/core";
import type { Sample } from "@/model/imports";
import type { Choice } from "./Mapping";

const ENCODINGS = [
  ["utf-8", "UTF-8"],
  ["utf-8-sig", "UTF-8 with a mark"],
  ["utf-16", "UTF-16"],
  ["cp1252", "Western (Windows-1252)"],
  ["iso-8859-15", "Western (ISO 8859-15)"],
  ["cp1250", "Central European (Windows-1250)"],
  ["cp1251", "Cyrillic (Windows-1251)"],
  ["cp1253", "Greek (Windows-1253)"],
  ["cp1254", "Turkish (Windows-1254)"],
  ["cp1255", "Hebrew (Windows-1255)"],
  ["cp1256", "Arabic (Windows-1256)"],
  ["shift_jis", "Japanese (Shift JIS)"],
  ["gb18030", "Chinese (GB 18030)"],
  ["euc_kr", "Korean (EUC-KR)"],
] as const;

const SEPARATORS = [
  [",", "Comma"],
  [";", "Semicolon"],
  ["\t", "Tab"],
  ["|", "Bar |"],
] as const;

interface Props {
  sample: Sample | undefined;
  choice: Choice;
  change: (next: Partial<Choice>) => void;
}

export function Reading({ sample, choice, change }: Props) {
  if (sample?.format === "xlsx")
    return sample.sheets.length > 1 ? (
      <Select
        label="Sheet"
        data={sample.sheets.map((each, place) => ({ value: String(place + 1), label: each }))}
        value={String(choice.sheet ?? 1)}
        onChange={(value) => change({ sheet: Number(value) })}
        allowDeselect={false}
        maw={320}
      />
    ) : (
      <Text size="sm">
        An Excel file{sample.sheets[0] ? ` with one sheet, ${sample.sheets[0]}` : ""}. Its first row is taken for the
        headings.
      </Text>
    );
  const encoding = choice.encoding ?? sample?.encoding ?? null;
  const separator = choice.delimiter ?? sample?.delimiter ?? null;
  return (
    <>
      <Group gap="md" align="flex-start">
        <Select
          label="Encoding"
          description={choice.encoding ? "As you chose" : "Found out from the file"}
          data={withOwn(ENCODINGS, encoding)}
          value={encoding}
          onChange={(value) => change({ encoding: value })}
          allowDeselect={false}
          w={260}
          data-testid="encoding"
        />
        <Select
          label="Separator"
          description={choice.delimiter ? "As you chose" : "Found out from the file"}
          data={withOwn(SEPARATORS, separator)}
          value={separator}
          onChange={(value) => change({ delimiter: value })}
          allowDeselect={false}
          w={180}
          data-testid="delimiter"
        />
      </Group>
      <Text size="sm" c="dimmed" mt={8}>
        Look at the samples below: letters with accents and whole columns show that both are right.
      </Text>
    </>
  );
}

/** The usual ones, and whatever else was found. */
function withOwn(usual: readonly (readonly [string, string])[], found: string | null) {
  const listed = usual.map(([value, label]) => ({ value, label }));
  return found && !usual.some(([value]) => value === found) ? [{ value: found, label: found }, ...listed] : listed;
}
