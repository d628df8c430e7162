// The bell: what happened while nobody looked.

import { ActionIcon, Indicator, Menu, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLocation } from "wouter";
import { act, get, path } from "@/api/client";
import { Problem } from "@/api/problem";
import { family, subject } from "@/live/frame";
import { useCampaigns, useTick } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import { time } from "@/model/words";
import { words } from "@/words/notices";
import { useBrowserNotices } from "./useBrowserNotices";

export interface Notice {
  cursor: string;
  at: string;
  kind: string;
  topic: string;
  subject: string;
  text: string;
  unread: boolean;
}

/** Where a notice leads. */
function placeOf(topic: string): string | null {
  if (family(topic) === "campaign") return `/campaigns/${subject(topic)}`;
  return family(topic) === "sender" ? "/senders" : null;
}

const NONE: Notice[] = [];
let absent = false; // a server that keeps no notices is not asked again

export function useNotices() {
  const client = useQueryClient();
  // What ends or pauses a campaign is news; its progress is not.
  const states = useCampaigns()
    .map((each) => each.state)
    .join();
  const tick = `${useTick("notice")} ${useTick("sender")} ${states}`;
  const found = useQuery({
    queryKey: ["notices"],
    queryFn: async () => {
      if (absent) return [];
      try {
        return (await get<{ items: Notice[] }>(path("/notifications", { limit: 30 }))).items;
      } catch (error) {
        if (error instanceof Problem && error.status === 404) {
          absent = true;
          return [];
        }
        throw error;
      }
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a fact about a notice is the signal
  useEffect(() => {
    void client.invalidateQueries({ queryKey: ["notices"] });
  }, [tick]);
  return found.data ?? NONE;
}

export function Bell() {
  const [, go] = useLocation();
  const client = useQueryClient();
  const notices = useNotices();
  useBrowserNotices(notices);
  const unread = notices.filter((each) => each.unread);
  const onOpen = () => {
    const newest = notices[0];
    if (unread.length === 0 || !newest) return;
    act({ method: "POST", route: "/notifications/read", body: { cursor: newest.cursor } })
      .then(() => client.invalidateQueries({ queryKey: ["notices"] }))
      .catch(() => undefined);
  };
  const called = unread.length > 0 ? words.someNew(unread.length) : words.notices;
  return (
    <Menu position="bottom-end" width={340} onClose={onOpen} withinPortal>
      <Menu.Target>
        <ActionIcon aria-label={called}>
          <Indicator disabled={unread.length === 0} color="red.8" size={9} offset={1}>
            <Icon name="bell" />
          </Indicator>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown mah={440} style={{ overflowY: "auto" }}>
        {notices.length === 0 && (
          <Text p="md" size="sm" c="dimmed">
            {words.nothingYet}
          </Text>
        )}
        {notices.map((each) => (
          <Menu.Item key={each.cursor} onClick={() => go(placeOf(each.topic) ?? "/")} fw={each.unread ? 600 : 400}>
            {each.subject}
            {each.text && (
              <Text size="xs" component="p" m={0}>
                {each.text.slice(0, 160)}
              </Text>
            )}
            <Text size="xs" c="dimmed" component="p" m={0}>
              {time(each.at)}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
