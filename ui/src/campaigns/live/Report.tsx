// What became of a campaign once it had left: in all, by the recipients' domains, and over time.

import { Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import { Loading, Trouble } from "@/marks/Empty";
import { type Campaign, isOver } from "@/model/campaign";
import { day, number } from "@/model/words";
import { words } from "@/words/live";

type Name = "sent" | "delivered" | "bounced" | "complained" | "unsubscribed" | "opened" | "clicked";

export interface Told {
  totals: Record<Name, number>;
  channels: ({ channel: "email" | "whatsapp" } & Record<
    Name | "audience" | "failed" | "uncertain" | "skipped",
    number
  >)[];
  domains: ({ domain: string; audience: number } & Record<Name, number>)[];
  hours: ({ at: string } & Partial<Record<Name, number>>)[];
  tracking: ("opens" | "clicks")[];
  links: { url: string; clicked: number }[];
}

const ALWAYS: Name[] = ["sent", "delivered", "bounced", "complained", "unsubscribed"];

export function Report({ of }: { of: Campaign }) {
  const told = useQuery({
    queryKey: ["campaign", of.id, "report"],
    queryFn: () => get<Told>(path(`/campaigns/${of.id}/report`)),
    refetchInterval: isOver(of) ? 30_000 : 10_000,
  });
  if (told.error) return <Trouble error={told.error} again={() => void told.refetch()} />;
  if (!told.data) return <Loading />;
  return <Shown told={told.data} mail={of.channel !== "whatsapp"} />;
}

function Shown({ told, mail }: { told: Told; mail: boolean }) {
  const names = [...ALWAYS, ...named(told.tracking)];
  return (
    <Stack p="md" gap="lg" data-testid="report">
      <Group gap="xl" component="dl" m={0}>
        {names.map((name) => (
          <div key={name} data-testid={`report-${name}`}>
            <dt className="dim small">{words.figures[name]}</dt>
            <dd style={{ margin: 0 }}>
              <b>{number(told.totals[name])}</b>{" "}
              {name !== "sent" && <span className="dim small">{share(told.totals[name], told.totals.sent)}</span>}
            </dd>
          </div>
        ))}
      </Group>
      {told.tracking.length === 0 && mail && (
        <Text size="sm" c="dimmed">
          {words.notCounted}
        </Text>
      )}
      {told.tracking.includes("opens") && (
        <Text size="sm" c="dimmed">
          {words.aboutOpens}
        </Text>
      )}
      {told.channels.length > 1 && (
        <Table
          of="channel"
          heads={["people", ...names, "failed", "skipped"]}
          rows={told.channels.map((each) => [
            words.channels[each.channel],
            each.audience,
            ...names.map((name) => each[name]),
            each.failed,
            each.skipped,
          ])}
        />
      )}
      {mail && told.domains.length > 0 && (
        <Table
          of="domain"
          heads={names}
          rows={told.domains.map((each) => [each.domain, ...names.map((name) => each[name])])}
        />
      )}
      {told.hours.length > 0 && (
        <Table
          of="hour"
          heads={names}
          rows={told.hours.map((each) => [day(each.at), ...names.map((name) => each[name] ?? 0)])}
        />
      )}
      {told.links.length > 0 && (
        <Table of="link" heads={["clicked"]} rows={told.links.map((each) => [each.url, each.clicked])} />
      )}
    </Stack>
  );
}

interface Columns {
  of: keyof typeof words.tables;
  heads: (keyof typeof words.figures)[];
  rows: (string | number)[][];
}

function Table({ of, heads, rows }: Columns) {
  const { title, head: first } = words.tables[of];
  return (
    <div>
      <Title order={2} size="h5" mb={6}>
        {title}
      </Title>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls sideways must be reachable by keyboard */}
      <section className="scroll" tabIndex={0} aria-label={title}>
        <table className="table">
          <thead>
            <tr>
              <th>{first}</th>
              {heads.map((head) => (
                <th key={head}>{words.figures[head]}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, ...rest]) => (
              <tr key={name}>
                <td style={{ overflowWrap: "anywhere", minWidth: 104 }}>{name}</td>
                {rest.map((value, at) => (
                  <td key={heads[at]}>{number(Number(value))}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}

const named = (tracking: Told["tracking"]): Name[] => [
  ...(tracking.includes("opens") ? (["opened"] as const) : []),
  ...(tracking.includes("clicks") ? (["clicked"] as const) : []),
];

const share = (part: number, whole: number) => (whole > 0 ? `${((part / whole) * 100).toFixed(1)} %` : "");
