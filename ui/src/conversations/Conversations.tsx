// What people wrote, beside what was sent to them, with a box to answer. One column on a phone, two elsewhere.

import { Badge, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { useLink } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import { number, time } from "@/model/words";
import { type Conversation, useConversations } from "@/reading/conversations";
import { words } from "@/words/conversations";
import { Thread } from "./Thread";

export function Conversations({ address }: { address: string | null }) {
  const found = useConversations();
  const lost = useLink().status === "lost";
  const [wanted, setWanted] = useState("");
  const rows = (found.data ?? []).filter((each) => fits(each, wanted));
  return (
    <div className={`page talks${address ? " talks-open" : ""}`}>
      <section className="talks-list" aria-label={words.conversations}>
        <Title order={address ? 2 : 1} size="h2" mb="md">
          {words.conversations}
        </Title>
        {lost && found.data && (
          <Text size="sm" c="dimmed" mb={6}>
            {words.asLastHeard}
          </Text>
        )}
        {!found.data && !found.error && <Loading rows={6} height={58} />}
        {found.error && !found.data && <Trouble error={found.error} again={() => void found.refetch()} />}
        {found.data?.length === 0 && (
          <Empty icon="chat" title={words.landHere}>
            {words.whenSomebodyWrites}
          </Empty>
        )}
        {(found.data?.length ?? 0) > 0 && (
          <>
            <TextInput
              aria-label={words.search}
              placeholder={words.nameNumberWords}
              value={wanted}
              onChange={(event) => setWanted(event.currentTarget.value)}
              leftSection={<Icon name="search" size={16} />}
              mb="sm"
            />
            <nav className="card rows" aria-label={words.whoWrote}>
              {rows.map((each) => (
                <Row key={each.id} of={each} open={each.id === address} />
              ))}
              {rows.length === 0 && (
                <Text size="sm" p="md">
                  {words.nobodyFound}
                </Text>
              )}
            </nav>
          </>
        )}
      </section>
      <section className="talks-thread" aria-label={words.messages}>
        {address ? (
          <Thread key={address} address={address} />
        ) : (
          (found.data?.length ?? 0) > 0 && (
            <Text c="dimmed" ta="center" mt={80} className="phone-hide">
              {words.choose}
            </Text>
          )
        )}
      </section>
    </div>
  );
}

function fits(of: Conversation, typed: string): boolean {
  const wanted = typed.trim().toLowerCase();
  return !wanted || `${of.name} ${of.id} ${of.text}`.toLowerCase().includes(wanted);
}

function Row({ of, open }: { of: Conversation; open: boolean }) {
  return (
    <Link
      href={`/conversations/${encodeURIComponent(of.id)}`}
      className="talk"
      aria-current={open ? "page" : undefined}
      data-conversation={of.id}
    >
      <span className="talk-name">{of.name || of.id}</span>
      <span className="talk-time num">{time(of.at)}</span>
      <span className="talk-words">
        {of.direction === "out" && `${words.fromYou} `}
        {of.text || (of.media ? `[${of.media}]` : "")}
      </span>
      {of.unread > 0 && (
        <Badge size="sm" circle={of.unread < 10} color="teal" variant="filled" data-testid="unread">
          {number(of.unread)}
          <span className="hidden-words"> {words.unread}</span>
        </Badge>
      )}
    </Link>
  );
}
