// All campaigns by state, live.

import { Button, Group, Tabs, TextInput, Title } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useRef } from "react";
import { Link, useSearchParams } from "wouter";
import { useCampaigns, useLive } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import { type Tab, tabOf } from "@/model/campaign";
import { number, time } from "@/model/words";
import { words } from "@/words/campaigns";
import { words as live } from "@/words/live";
import { CampaignRow } from "./CampaignRow";
import { NewCampaign } from "./NewCampaign";

const TABS: (Tab | "all")[] = ["all", "running", "scheduled", "paused", "done", "drafts"];

export function CampaignList() {
  const campaigns = useCampaigns();
  const fresh = useLive((live) => live.book.fresh);
  const asOf = useLive((live) => live.book.asOf);
  const lost = useLive((live) => live.link.status === "lost");
  const [query, setQuery] = useSearchParams();
  const search = useRef<HTMLInputElement>(null);
  useHotkeys([["/", () => search.current?.focus()]]);
  const tab = (query.get("show") ?? "all") as Tab | "all";
  const sought = query.get("q") ?? "";
  const set = (name: string, value: string) =>
    setQuery((old) => {
      const next = new URLSearchParams(old);
      if (value && value !== "all") next.set(name, value);
      else next.delete(name);
      return next;
    });
  const named = campaigns.filter((each) => each.name.toLowerCase().includes(sought.toLowerCase()));
  const shown = tab === "all" ? named : named.filter((each) => tabOf(each) === tab);
  const many = (of: Tab | "all") => (of === "all" ? named.length : named.filter((each) => tabOf(each) === of).length);
  return (
    <div className="page">
      <Group justify="space-between" mb="md">
        <Title order={1} size="h2">
          {words.campaigns}
        </Title>
        <Group gap="sm">
          <TextInput
            ref={search}
            aria-label={words.searchCampaigns}
            placeholder={words.search}
            value={sought}
            onChange={(event) => set("q", event.currentTarget.value)}
            leftSection={<Icon name="search" size={16} />}
            w={190}
          />
          <Button variant="default" component={Link} href="/campaigns/recurring">
            {words.recurring}
          </Button>
          <NewCampaign />
        </Group>
      </Group>
      <Tabs value={tab} onChange={(value) => set("show", value ?? "all")} mb="md">
        <Tabs.List style={{ flexWrap: "nowrap", overflowX: "auto", overflowY: "hidden" }}>
          {TABS.map((of) => (
            <Tabs.Tab key={of} value={of}>
              {words.tabs[of]} <span className="dim num">{number(many(of))}</span>
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      {lost && asOf !== null && <p className="dim small">{words.asOf(time(asOf))}</p>}
      {campaigns.length === 0 && !fresh && !lost && <Loading rows={5} height={62} />}
      {campaigns.length === 0 && (fresh || (lost && asOf !== null)) && <Nothing />}
      {campaigns.length === 0 && !fresh && lost && asOf === null && <Trouble error={new Error(live.noCopy)} />}
      {campaigns.length > 0 && shown.length === 0 && <Empty icon="search" title={words.noneOfThese} />}
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
    <Empty icon="campaigns" title={words.sendFirst} act={<NewCampaign />}>
      {words.howToBegin} <Link href="/imports/new">{words.importContacts}</Link> {words.firstIfNone}
    </Empty>
  );
}
