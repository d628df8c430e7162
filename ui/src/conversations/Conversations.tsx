// What people wrote, beside what was sent to them, with a box to answer. One column on a phone, two elsewhere.

import { Badge, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { useLink } from "@/live/useLive";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { Icon } from "@/marks/icons";
import { number, time } from "@/model/words";
import { type Conversation, useConversations } from "@/reading/conversations";
import { Thread } from "./Thread";

export function Conversations({ address }: { address: string | null }) {
  const found = useConversations();
  const lost = useLink().status === "lost";
  const [words, setWords] = useState("");
  const rows = (found.data ?? []).filter((each) => fits(each, words));
  return (
    <div className={`page talks${address ? " talks-open" : ""}`}>
      <section className="talks-list" aria-label="Conversations">
        <Title order={address ? 2 : 1} size="h2" mb="md">
          Conversations
        </Title>
        {lost && found.data && (
          <Text size="sm" c="dimmed" mb={6}>
            As last heard. Answers are kept and sent once the server is back.
          </Text>
        )}
        {!found.data && !found.error && <Loading rows={6} height={58} />}
        {found.error && !found.data && <Trouble error={found.error} again={() => void found.refetch()} />}
        {found.data?.length === 0 && (
          <Empty icon="chat" title="Replies will land here">
            When somebody writes to one of your WhatsApp numbers, it appears here within a second.
          </Empty>
        )}
        {(found.data?.length ?? 0) > 0 && (
          <>
            <TextInput
              aria-label="Search conversations"
              placeholder="Name, number or words"
              value={words}
              onChange={(event) => setWords(event.currentTarget.value)}
              leftSection={<Icon name="search" size={16} />}
              mb="sm"
            />
            <nav className="card rows" aria-label="Who wrote">
              {rows.map((each) => (
                <Row key={each.id} of={each} open={each.id === address} />
              ))}
              {rows.length === 0 && (
                <Text size="sm" p="md">
                  Nobody found.
                </Text>
              )}
            </nav>
          </>
        )}
      </section>
      <section className="talks-thread" aria-label="Messages">
        {address ? (
          <Thread key={address} address={address} />
        ) : (
          (found.data?.length ?? 0) > 0 && (
            <Text c="dimmed" ta="center" mt={80} className="phone-hide">
              Choose a conversation.
            </Text>
          )
        )}
      </section>
    </div>
  );
}

function fits(of: Conversation, words: string): boolean {
  const wanted = words.trim().toLowerCase();
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
        {of.direction === "out" && "You: "}
        {of.text || (of.media ? `[${of.media}]` : "")}
      </span>
      {of.unread > 0 && (
        <Badge size="sm" circle={of.unread < 10} color="teal" variant="filled" data-testid="unread">
          {number(of.unread)}
          <span className="hidden-words"> unread</span>
        </Badge>
      )}
    </Link>
  );
}
