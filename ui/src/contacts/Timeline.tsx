// One contact: what is known, what keeps it out, and every message to it over all campaigns. "Did she get it?"

import { Badge, Button, Group, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Link } from "wouter";
import { get, path } from "@/api/client";
import { Problem } from "@/api/problem";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import { reasonWords } from "@/model/reason";
import { day } from "@/model/words";
import type { Contact } from "@/reading/rooms";
import { words } from "@/words/contacts";

const Happened = lazy(() => import("@/campaigns/live/Happened").then((room) => ({ default: room.Happened })));

interface Touch {
  campaign: string;
  name: string;
  channel: string;
  seq: number;
  address: string | null;
  state: string;
  reason: string | null;
  code: string | null;
  words: string | null;
  at: string | null;
}

interface Known {
  contact: Contact;
  lists: string[];
  suppressed: { reason: string; since: string } | null;
  items: Touch[];
}

export function ContactTimeline({ id }: { id: string }) {
  const found = useQuery({
    queryKey: ["contacts", id, "timeline"],
    queryFn: () => get<Known>(path(`/contacts/${id}/timeline`)),
  });
  const [shown, setShown] = useState<Touch | null>(null);
  if (found.error instanceof Problem && found.error.status === 404)
    return (
      <Empty icon="search" alone title={words.noSuchContact}>
        {words.whereItMayBe}
      </Empty>
    );
  if (!found.data)
    return (
      <div className="page">
        {found.error ? <Trouble error={found.error} again={() => void found.refetch()} /> : <Loading />}
      </div>
    );
  const { contact, lists, suppressed, items } = found.data;
  return (
    <div className="page">
      <Link href="/contacts" className="plain small dim">
        <Icon name="left" size={14} /> {words.contacts}
      </Link>
      <Title order={1} size="h2" mt={4} style={{ overflowWrap: "anywhere" }}>
        {contact.name || contact.email || contact.phone}
      </Title>
      <Text mb="md" style={{ overflowWrap: "anywhere" }}>
        {[contact.email, contact.phone].filter(Boolean).join(", ")}
      </Text>
      <Group gap="xs" mb="md">
        {lists.map((each) => (
          <Badge key={each} variant="light" className="state tone-gray">
            {each}
          </Badge>
        ))}
        {suppressed && (
          <Badge variant="light" className="state tone-red">
            {words.getsNothing(reasonWords(suppressed.reason), day(suppressed.since))}
          </Badge>
        )}
        {Object.entries(contact.attributes).map(([name, value]) => (
          <Text key={name} size="sm" c="dimmed">
            {name}: {String(value)}
          </Text>
        ))}
      </Group>
      {items.length === 0 ? (
        <Empty icon="mail" title={words.nothingSent} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls sideways must be reachable by keyboard
        <section className="card scroll" tabIndex={0} aria-label={words.messages}>
          <table className="table">
            <thead>
              <tr>
                <th>{words.campaign}</th>
                <th>{words.state}</th>
                <th>{words.why}</th>
                <th>{words.when}</th>
                <th>
                  <span className="hidden-words">{words.whatHappened}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((each) => (
                <tr key={`${each.campaign} ${each.seq}`}>
                  <td style={{ minWidth: 160 }}>
                    <Link href={`/campaigns/${each.campaign}`}>{each.name}</Link>
                  </td>
                  <td>{each.state}</td>
                  <td className="dim" style={{ overflowWrap: "anywhere", minWidth: 140 }}>
                    {each.reason ? reasonWords(each.reason) : "-"}
                  </td>
                  <td className="num">{day(each.at)}</td>
                  <td>
                    <Button size="compact-xs" variant="default" onClick={() => setShown(each)}>
                      {words.whatHappened}
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {shown && (
        <Suspense>
          <Happened campaign={shown.campaign} seq={shown.seq} close={() => setShown(null)} />
        </Suspense>
      )}
    </div>
  );
}
