// The columns of the file with what each fills and what stands in it.

import { Select, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Sample } from "@/model/imports";
import { words } from "@/words/wizard";
import type { Choice } from "./Mapping";

const KNOWN = ["email", "phone", "name", "first_name", "last_name"] as const;
const LEFT_OUT = "-";
const OTHER = "+";

interface Props {
  sample: Sample;
  choice: Choice;
  change: (next: Partial<Choice>) => void;
}

export function Columns({ sample, choice, change }: Props) {
  const [naming, setNaming] = useState<number | null>(null);
  const { header } = sample;
  const put = (at: number, field: string) => {
    const key = keyOf(header, at);
    const { [key]: _old, ...others } = choice.columns;
    change({ columns: { ...others, [key]: field } }); // the newest word stands last: it wins a field from another column
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls sideways must be reachable by keyboard
    <section className="scroll" tabIndex={0} aria-label={words.columnsOfFile}>
      <table className="table">
        <thead>
          <tr>
            <th>{words.column}</th>
            <th>{words.fills}</th>
            <th>{words.forExample}</th>
          </tr>
        </thead>
        <tbody>
          {header.map((heading, at) => {
            const field = sample.fields[at] ?? null;
            const own = fieldOf(heading);
            const extra = [own, field]
              .filter((each): each is string => Boolean(each) && !KNOWN.some((known) => known === each))
              .filter((each, place, those) => those.indexOf(each) === place)
              .map((each) => ({ value: each, label: words.field(each) }));
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
              <tr key={at}>
                <td style={{ fontWeight: 600, overflowWrap: "anywhere" }}>{heading || words.columnAt(at + 1)}</td>
                <td>
                  {naming === at ? (
                    <NewField
                      heading={heading}
                      done={(name) => {
                        setNaming(null);
                        if (name) put(at, name);
                      }}
                    />
                  ) : (
                    <Select
                      aria-label={words.whatFills(heading, at + 1)}
                      data={[
                        ...KNOWN.map((value) => ({ value, label: words.fields[value] })),
                        ...extra,
                        { value: OTHER, label: words.anotherField },
                        { value: LEFT_OUT, label: words.leaveOut },
                      ]}
                      value={field ?? LEFT_OUT}
                      onChange={(value) => {
                        if (value === OTHER) setNaming(at);
                        else put(at, value === LEFT_OUT ? "" : (value ?? ""));
                      }}
                      allowDeselect={false}
                      w={190}
                    />
                  )}
                </td>
                <td className="dim small" style={{ overflowWrap: "anywhere", minWidth: 140 }}>
                  {samplesOf(sample, at) || words.nothingInFirst}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <Text size="sm" c="dimmed" mt="xs">
        {words.becomeVariables}
      </Text>
    </section>
  );
}

function NewField({ heading, done }: { heading: string; done: (name: string | null) => void }) {
  const [name, setName] = useState(fieldOf(heading));
  return (
    <TextInput
      aria-label={words.nameOfField(heading)}
      value={name}
      onChange={(event) => setName(event.currentTarget.value)}
      onBlur={() => done(name.trim() || null)}
      onKeyDown={(event) => {
        if (event.key === "Enter") done(name.trim() || null);
        if (event.key === "Escape") done(null);
      }}
      w={190}
      autoFocus
      maxLength={64}
    />
  );
}

/** A column's heading where only it has that, else its number: so that two of the same name can be told apart. */
function keyOf(header: string[], at: number): string {
  const heading = (header[at] ?? "").trim();
  const alone = heading !== "" && header.filter((each) => each.trim() === heading).length === 1;
  return alone ? heading : String(at + 1);
}

/** A heading as the server would call its field. */
function fieldOf(heading: string): string {
  return heading
    .trim()
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "_")
    .replace(/^_+|_+$/g, "");
}

function samplesOf(sample: Sample, at: number): string {
  const found = sample.rows.map((row) => (row.cells[at] ?? "").trim()).filter(Boolean);
  return [...new Set(found)].slice(0, 3).join(" · ");
}
