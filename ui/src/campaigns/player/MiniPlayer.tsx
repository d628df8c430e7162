// What runs, in the header of every screen: a person can work elsewhere and still see it move. Red with the word
// "Offline" while there is no connection.

import { ActionIcon, Menu, Progress, Tooltip, UnstyledButton } from "@mantine/core";
import { useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { useCampaigns, useLink } from "@/live/useLive";
import { CountBar } from "@/marks/CountBar";
import { Icon } from "@/marks/icons";
import { StateBadge } from "@/marks/StateBadge";
import { type Campaign, isAlive, settled } from "@/model/campaign";
import { bytes, type Import, moves, shareOf } from "@/model/imports";
import { number } from "@/model/words";
import { useSeen, useVerb } from "@/outbox/useOutbox";
import { useImports } from "@/reading/imports";
import { words } from "@/words/frame";

const DONE_MS = 10_000;

export function MiniPlayer() {
  const campaigns = useCampaigns();
  const [location] = useLocation();
  const ended = useJustEnded(campaigns);
  const alive = campaigns.filter(isAlive).sort((a, b) => rank(a) - rank(b));
  const imports = (useImports().data?.items ?? []).filter((each) => moves(each) || each.state === "uploading");
  const shown = alive[0] ?? ended;
  const [first] = imports;
  if (!shown) return first ? <ImportPlayer of={first} own={location === `/imports/${first.importId}`} /> : null;
  const onOwnPage = location === `/campaigns/${shown.id}`;
  return <Player shown={shown} others={alive.slice(1)} imports={imports} own={onOwnPage} />;
}

/** An import while no campaign runs. */
function ImportPlayer({ of, own }: { of: Import; own: boolean }) {
  const cut = useLink().status === "lost";
  const name = of.fileName || words.anUpload;
  const { rows, of: all } = of.progress;
  return (
    <section
      className={`player${cut ? " cut" : ""}${own ? " phone-hide" : ""}`}
      data-testid="import-player"
      aria-label={words.whatRuns}
    >
      <Link href={`/imports/${of.importId}`} className="plain title">
        {cut ? words.offline : name}
      </Link>
      <div className="bar">
        <Progress value={(shareOf(of) ?? 0) * 100} size="sm" aria-label={name} />
      </div>
      <span className="of">
        {of.state === "uploading" ? bytes(of.offset) : all ? `${number(rows)}/${number(all)}` : number(rows)}
      </span>
    </section>
  );
}

const rank = (of: Campaign) => (of.state === "sending" ? 0 : 1);

/** A campaign that was seen running and is done stays for 10 s. */
function useJustEnded(campaigns: Campaign[]): Campaign | null {
  const [ended, setEnded] = useState<string | null>(null);
  const [running, setRunning] = useState<Set<string>>(new Set());
  const now = campaigns.filter((each) => each.state === "sending").map((each) => each.id);
  const key = now.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a change of who runs matters
  useEffect(() => {
    const over = campaigns.find((each) => running.has(each.id) && each.state === "completed");
    setRunning(new Set(now));
    if (!over) return;
    setEnded(over.id);
    const timer = setTimeout(() => setEnded(null), DONE_MS);
    return () => clearTimeout(timer);
  }, [key]);
  return campaigns.find((each) => each.id === ended) ?? null;
}

interface PlayerProps {
  shown: Campaign;
  others: Campaign[];
  imports: Import[];
  own: boolean;
}

function Player({ shown, others, imports, own }: PlayerProps) {
  const [, go] = useLocation();
  const verb = useVerb();
  const seen = useSeen(shown);
  const cut = useLink().status === "lost";
  const running = shown.state === "sending";
  const more = others.length + imports.length;
  const turns = running ? words.pauseIt(shown.name) : words.resumeIt(shown.name);
  return (
    <section
      className={`player${cut ? " cut" : ""}${own ? " phone-hide" : ""}`}
      data-testid="player"
      data-cut={cut || undefined}
      aria-label={words.whatRuns}
    >
      <Menu width={300} withinPortal>
        <Menu.Target>
          <UnstyledButton className="title" aria-label={words.allThatRuns(shown.name, seen.label)}>
            {cut ? words.offline : shown.name}
            {more > 0 && <span style={{ fontWeight: 400 }}> {words.more(more)}</span>}
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          {[shown, ...others].map((each) => (
            <Menu.Item key={each.id} onClick={() => go(`/campaigns/${each.id}`)}>
              <Line of={each} />
            </Menu.Item>
          ))}
          {imports.map((each) => (
            <Menu.Item key={each.importId} onClick={() => go(`/imports/${each.importId}`)}>
              <b style={{ overflowWrap: "anywhere" }}>{each.fileName || words.anUpload}</b>
              <Progress value={(shareOf(each) ?? 0) * 100} size="sm" mt={6} aria-label={words.anImport} />
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <div className="bar">
        <CountBar counts={shown.counts} name={shown.name} size="sm" />
      </div>
      <span className="of" data-testid="player-count">
        {number(settled(shown.counts))}/{number(shown.counts.audience)}
      </span>
      {isAlive(shown) && (
        <Tooltip label={turns}>
          <ActionIcon
            size="md"
            radius="xl"
            style={cut ? { color: "#fff" } : {}}
            aria-label={turns}
            onClick={() => verb(running ? "pause" : "resume", shown)}
          >
            <Icon name={running ? "pause" : "play"} size={15} />
          </ActionIcon>
        </Tooltip>
      )}
      {shown.state === "completed" && shown.counts.failed > 0 && (
        <UnstyledButton
          className="of"
          onClick={() => go(`/campaigns/${shown.id}`)}
          style={{ textDecoration: "underline" }}
        >
          {words.retryFailed}
        </UnstyledButton>
      )}
      {shown.state === "completed" && shown.counts.failed === 0 && <Icon name="done" size={16} />}
    </section>
  );
}

function Line({ of }: { of: Campaign }) {
  const seen = useSeen(of);
  return (
    <div>
      <div style={{ display: "flex", gap: 8, justifyContent: "space-between", marginBottom: 6 }}>
        <b style={{ overflowWrap: "anywhere" }}>{of.name}</b>
        <StateBadge seen={seen} size="sm" />
      </div>
      <CountBar counts={of.counts} name={of.name} size="sm" />
    </div>
  );
}
