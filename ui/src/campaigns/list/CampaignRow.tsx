// One campaign as a row: state, bar, rate, when it ends, and what can be done to it.

import { ActionIcon, Menu } from "@mantine/core";
import { Link, useLocation } from "wouter";
import { useLayer, useNow } from "@/live/useLive";
import { CountBar } from "@/marks/CountBar";
import { Icon } from "@/marks/icons";
import { StateBadge } from "@/marks/StateBadge";
import { type Campaign, settled } from "@/model/campaign";
import { NONE, rateOf, rateText, secondsLeft } from "@/model/pace";
import { number, time } from "@/model/words";
import { say } from "@/notices/toast";
import { useSeen, useVerb } from "@/outbox/useOutbox";
import { words } from "@/words/campaigns";
import { clone, remove } from "../drafts";

export function CampaignRow({ of }: { of: Campaign }) {
  const seen = useSeen(of);
  const now = useNow();
  const left = secondsLeft(of, now);
  const target = of.state === "draft" ? `/campaigns/${of.id}/edit` : `/campaigns/${of.id}`;
  return (
    <div className="row campaign-row" data-campaign={of.id}>
      <div style={{ minWidth: 0 }}>
        <Link href={target} className="plain name">
          {of.name}
        </Link>
        <div style={{ marginTop: 4 }}>
          <StateBadge seen={seen} />
        </div>
      </div>
      <div className="bar">{of.state !== "draft" && <CountBar counts={of.counts} name={of.name} />}</div>
      <div className="num small so-far">
        {of.state === "draft" ? (
          <span className="dim">{of.subject || words.noSubject}</span>
        ) : of.state === "scheduled" && of.counts.audience === 0 ? (
          <span className="dim">{words.countedAtStart}</span>
        ) : (
          `${number(settled(of.counts))}/${number(of.counts.audience)}`
        )}
        {of.counts.failed > 0 && <div className="dim">{words.failed(number(of.counts.failed))}</div>}
      </div>
      <div className="num small wide">{of.state === "sending" ? rateText(rateOf(of, now)) : ""}</div>
      <div className="num small dim when">{when(of, left, now)}</div>
      <Verbs of={of} />
    </div>
  );
}

function when(of: Campaign, left: number | null, now: number): string {
  if (of.state === "sending") return left === null ? NONE : words.ends(time(now + left * 1000));
  if (of.state === "scheduled") return words.starts(time(of.start_at));
  return time(of.completed_at ?? of.started_at ?? of.created_at);
}

function Verbs({ of }: { of: Campaign }) {
  const verb = useVerb();
  const layer = useLayer();
  const [, go] = useLocation();
  const copy = async () => {
    try {
      const made = await clone(of.id);
      layer.took(made);
      go(`/campaigns/${made.id}/edit`);
    } catch (error) {
      say(words.notCopied, (error as Error).message, "red");
    }
  };
  const away = async () => {
    try {
      await remove(of.id);
      layer.removed(of.id);
    } catch (error) {
      say(words.notRemoved, (error as Error).message, "red");
    }
  };
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon aria-label={words.moreAbout(of.name)}>
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {of.state === "sending" && (
          <Menu.Item leftSection={<Icon name="pause" size={16} />} onClick={() => verb("pause", of)}>
            {words.pause}
          </Menu.Item>
        )}
        {of.state === "paused" && (
          <Menu.Item leftSection={<Icon name="play" size={16} />} onClick={() => verb("resume", of)}>
            {words.resume}
          </Menu.Item>
        )}
        {of.counts.failed > 0 && of.state !== "cancelled" && (
          <Menu.Item leftSection={<Icon name="retry" size={16} />} onClick={() => verb("retry", of, {})}>
            {words.retryFailed}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<Icon name="copy" size={16} />} onClick={() => void copy()}>
          {words.copyAsDraft}
        </Menu.Item>
        {of.state === "draft" && (
          <Menu.Item color="red" leftSection={<Icon name="trash" size={16} />} onClick={() => void away()}>
            {words.remove}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
