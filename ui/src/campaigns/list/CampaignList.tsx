// All campaigns by state, live.

import { Button, Group, Tabs, TextInput, Title } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useRef } from "react";
import { Link, useSearchParams } from "wouter";
import { useCampaigns, useLive } from "@/live/useLive";
import { Empty, Loading } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import { type Tab, tabOf } from "@/model/campaign";
import { number, time } from "@/model/words";
import { CampaignRow } from "./CampaignRow";
import { NewCampaign } from "./NewCampaign";

const TABS: [Tab | "all", string][] = [
  ["all", "All"],
  ["running", "Running"],
  ["scheduled", "Scheduled"],
  ["paused", "Paused"],
  ["done", "Done"],
  ["drafts", "Drafts"],
];

export function CampaignList() {
  const campaigns = useCampaigns();
  const fresh = useLive((live) => live.book.fresh);
  const asOf = useLive((live) => live.book.asOf);
  const lost = useLive((live) => live.link.status === "lost");
  const [query, setQuery] = useSearchParams();
  const search = useRef<HTMLInputElement>(null);
  useHotkeys([["/", () => search.current?.focus()]]);
  const tab = (query.get("show") ?? "all") as Tab | "all";
  const words = query.get("q") ?? "";
  const set = (name: string, value: string) =>
    setQuery((old) => {
      const next = new URLSearchParams(old);
      if (value && value !== "all") next.set(name, value);
      else next.delete(name);
      return next;
    });
  const named = campaigns.filter((each) => each.name.toLowerCase().includes(words.toLowerCase()));
  const shown = tab === "all" ? named : named.filter((each) => tabOf(each) === tab);
  const many = (of: Tab | "all") => (of === "all" ? named.length : named.filter((each) => tabOf(each) === of).length);
  return (
    <div className="page">
      <Group justify="space-between" mb="md">
        <Title order={1} size="h2">
          Campaigns
        </Title>
        <Group gap="sm">
          <TextInput
            ref={search}
            aria-label="Search campaigns"
            placeholder="Search"
            value={words}
            onChange={(event) => set("q", event.currentTarget.value)}
            leftSection={<Icon name="search" size={16} />}
            w={190}
          />
          <Button variant="default" component={Link} href="/campaigns/recurring">
            Recurring
          </Button>
          <NewCampaign />
        </Group>
      </Group>
      <Tabs value={tab} onChange={(value) => set("show", value ?? "all")} mb="md">
        <Tabs.List style={{ flexWrap: "nowrap", overflowX: "auto", overflowY: "hidden" }}>
          {TABS.map(([of, name]) => (
            <Tabs.Tab key={of} value={of}>
              {name} <span className="dim num">{number(many(of))}</span>
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      {lost && asOf !== null && <p className="dim small">As of {time(asOf)}.</p>}
      {campaigns.length === 0 && !fresh && !lost && <Loading rows={5} height={62} />}
      {campaigns.length === 0 && (fresh || lost) && <Nothing />}
      {campaigns.length > 0 && shown.length === 0 && <Empty icon="search" title="None of these" />}
      {shown.length > 0 && (
        <div className="card rows" data-testid="campaigns">
          {shown.map((each) => (
            <CampaignRow key={each.id} of={each} />
          ))}
        </div>
      )}
    </div>
  );
}

function Nothing() {
  return (
    <Empty icon="campaigns" title="Send your first campaign" act={<NewCampaign />}>
      Choose people, write a message, press Send. You may close everything then: the campaign goes on by itself.{" "}
      <Link href="/imports/new">Import contacts</Link> first if there are none yet.
    </Empty>
  );
}
