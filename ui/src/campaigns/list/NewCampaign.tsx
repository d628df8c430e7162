// The way to a new campaign.

import { Button } from "@mantine/core";
import { useLocation } from "wouter";
import { Icon } from "@/marks/icons";
import { words } from "@/words/campaigns";

export function NewCampaign() {
  const [, go] = useLocation();
  return (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => go("/campaigns/new")}>
      {words.newCampaign}
    </Button>
  );
}
