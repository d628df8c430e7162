// Of a campaign over both channels: how far each of them is.

import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { get, path } from "@/api/client";
import { useNow } from "@/live/useLive";
import type { Campaign } from "@/model/campaign";
import { number } from "@/model/words";
import { NAMES, type Told } from "./Report";

const EVERY_MS = 5_000;

export function ByChannel({ of }: { of: Campaign }) {
  const both = of.channel === "mixed" && of.started_at !== null;
  const now = Math.floor(useNow(EVERY_MS) / EVERY_MS);
  const beat = of.state === "sending" ? now : of.state;
  const told = useQuery({
    queryKey: ["campaign", of.id, "report", "by channel", beat, of.counts.sent === 0],
    queryFn: () => get<Told>(path(`/campaigns/${of.id}/report`)),
    enabled: both,
    placeholderData: (old) => old,
  });
  if (!both || !told.data) return null;
  return (
    <div style={{ marginTop: 10 }} data-testid="by-channel">
      {told.data.channels.map((each) => (
        <Text key={each.channel} size="sm" className="num" data-testid={`by-${each.channel}`}>
          {NAMES[each.channel]}: {number(each.sent)} of {number(each.audience)} sent
          {each.failed > 0 && `, ${number(each.failed)} failed`}
          {each.uncertain > 0 && `, ${number(each.uncertain)} uncertain`}
          {each.skipped > 0 && `, ${number(each.skipped)} skipped`}
        </Text>
      ))}
    </div>
  );
}
