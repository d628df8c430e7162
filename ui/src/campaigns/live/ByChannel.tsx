// Of a campaign over both channels: how far each of them is.

import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import { useNow } from "@/live/useLive";
import type { Campaign } from "@/model/campaign";
import { number } from "@/model/words";
import { words } from "@/words/live";
import type { Told } from "./Report";

const EVERY_MS = 5_000;
const OTHERS = ["failed", "uncertain", "skipped"] as const;

export function ByChannel({ of }: { of: Campaign }) {
  const both = of.channel === "mixed" && of.started_at !== null;
  const now = Math.floor(useNow(EVERY_MS) / EVERY_MS);
  const beat = of.state === "sending" ? now : of.state;
  const told = useQuery({
    queryKey: ["campaign", of.id, "report", "by-channel", beat, of.counts.sent === 0],
    queryFn: () => get<Told>(path(`/campaigns/${of.id}/report`)),
    enabled: both,
    placeholderData: (old) => old,
  });
  if (!both || !told.data) return null;
  return (
    <div style={{ marginTop: 10 }} data-testid="by-channel">
      {told.data.channels.map((each) => (
        <Text key={each.channel} size="sm" className="num" data-testid={`by-${each.channel}`}>
          {words.byChannel(each.channel, number(each.sent), number(each.audience))}
          {OTHERS.map((part) => each[part] > 0 && `, ${words.parts[part](number(each[part]))}`)}
        </Text>
      ))}
    </div>
  );
}
