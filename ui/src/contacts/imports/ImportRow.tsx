// One import in a list: file, state, figures, who and when.

import { Badge, Progress, Text } from "@mantine/core";
import { useLocation } from "wouter";
import { type Import, moves, outcome, shareOf, stateOf } from "@/model/imports";
import { who } from "@/model/who";
import { time } from "@/model/words";
import { useMe } from "@/reading/people";
import { words } from "@/words/imports";

export function ImportRow({ of }: { of: Import }) {
  const me = useMe();
  const [, go] = useLocation();
  const place = `/imports/${of.importId}`;
  const share = moves(of) || of.state === "uploading" ? shareOf(of) : null;
  return (
    <a
      className="row plain import-row"
      href={place}
      data-import={of.importId}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey) return;
        event.preventDefault();
        go(place);
      }}
    >
      <span style={{ minWidth: 0 }}>
        <span className="name">{nameOf(of)}</span>
        <Text size="sm" c="dimmed" component="span" display="block">
          {of.options.list ? `${words.into(of.options.list)} · ` : ""}
          {who(of.by, me.data)}
        </Text>
      </span>
      <ImportBadge of={of} />
      <span className="small num">
        {share === null ? (
          outcome(of)
        ) : (
          <Progress value={share * 100} size="sm" aria-label={words.shareOf(nameOf(of), Math.round(share * 100))} />
        )}
      </span>
      <span className="small dim num wide">{time(of.createdAt)}</span>
    </a>
  );
}

export const nameOf = (of: Import): string => of.fileName || (of.kind === "batch" ? words.aBatch : words.anUpload);

export function ImportBadge({ of }: { of: Import }) {
  const { words: label, tone } = stateOf(of);
  return (
    <Badge variant="light" className={`state tone-${tone}`} color={tone} data-testid="import-state">
      {label}
    </Badge>
  );
}
