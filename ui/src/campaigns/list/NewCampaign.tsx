// The way to a new campaign.

import { Button } from "@mantine/core";
import { useLocation } from "wouter";
import { Icon } from "@/marks/icons";

export function NewCampaign() {
  const [, go] = useLocation();
  return (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => go("/campaigns/new")}>
      New campaign
    </Button>
  );
}
