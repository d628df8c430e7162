// Rows that were refused, by reason: how many, what helps, the first of them; all of them as a file.

import { Button, Text, Title, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { path, workspace } from "@/api/client";
import { Icon } from "@/marks/icons";
import type { Import, RowError } from "@/model/imports";
import { number } from "@/model/words";
import { words } from "@/words/imported";

interface Props {
  byType: Record<string, number>;
  errors: RowError[];
  truncated: boolean;
  title?: string;
}

export function Reasons({ byType, errors, truncated, title = words.whyRefused }: Props) {
  const [open, setOpen] = useState<string | null>(null);
  const types = Object.entries(byType)
    .filter(([type, many]) => type !== "connection_error" && many > 0)
    .sort((a, b) => b[1] - a[1]);
  if (types.length === 0) return null;
  return (
    <section style={{ marginBottom: 14 }} data-testid="reasons">
      <Title order={2} size="h5" mb={8}>
        {title}
      </Title>
      <div className="card rows">
        {types.map(([type, many]) => {
          const rows = errors.filter((each) => each.type === type);
          const shown = open === type;
          return (
            <div key={type} className="row" style={{ gridTemplateColumns: "minmax(0,1fr)" }}>
              <UnstyledButton
                className="reason"
                onClick={() => setOpen(shown ? null : type)}
                aria-expanded={shown}
                disabled={rows.length === 0}
              >
                <span className="name">{words.faults[type] ?? type.replaceAll("_", " ")}</span>
                <span className="num">{words.rows(many)}</span>
              </UnstyledButton>
              <Text size="sm" c="dimmed">
                {words.cures[type] ?? rows[0]?.error ?? ""}
              </Text>
              {shown && <Rows of={rows} all={many} truncated={truncated} />}
            </div>
          );
        })}
      </div>
    </section>
  );
}

function Rows({ of, all, truncated }: { of: RowError[]; all: number; truncated: boolean }) {
  return (
    <section
      className="scroll"
      style={{ maxHeight: 300, overflowY: "auto" }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={words.refusedRows}
    >
      <table className="table">
        <thead>
          <tr>
            <th>{words.row}</th>
            <th>{words.column}</th>
            <th>{words.value}</th>
            <th>{words.why}</th>
          </tr>
        </thead>
        <tbody>
          {of.map((each) => (
            <tr key={`${each.row}${each.field ?? ""}`}>
              <td className="num">{each.row}</td>
              <td>{each.field ?? "-"}</td>
              <td style={{ overflowWrap: "anywhere" }}>{each.value ?? "-"}</td>
              <td>
                {each.error}
                {each.otherRow ? ` ${words.otherRow(number(each.otherRow))}` : ""}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {truncated && of.length < all && (
        <Text size="sm" c="dimmed" mt={6}>
          {words.firstOnes}
        </Text>
      )}
    </section>
  );
}

/** rejected.csv: the person's own columns with the reason beside them; corrected, it can be imported as it is. */
export function RejectedFile({ of }: { of: Import }) {
  const here = workspace();
  return (
    <Button
      variant="default"
      leftSection={<Icon name="download" size={16} />}
      component="a"
      href={path(`/imports/${of.importId}/rejected.csv`, { workspace: here })}
      download
      data-testid="rejected"
    >
      rejected.csv
    </Button>
  );
}
