// What a screen shows in place of its content: nothing yet, loading, or an error with what to do.

import { Alert, Button, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useEffect, useState } from "react";
import { Problem } from "@/api/problem";
import { words } from "@/words/frame";
import { Icon, type IconName } from "./icons";

/** `alone`: it is all that the screen shows, so its title is the title of the page. */
export function Empty({
  icon,
  title,
  children,
  act,
  alone = false,
}: {
  icon: IconName;
  title: string;
  children?: ReactNode;
  act?: ReactNode;
  alone?: boolean;
}) {
  return (
    <Stack align="center" gap="xs" py={56} px="md" className="empty">
      <span className="empty-sign">
        <Icon name={icon} size={30} />
      </span>
      <Title order={alone ? 1 : 2} size="h4" ta="center">
        {title}
      </Title>
      {children && (
        <Text c="dimmed" ta="center" maw={440} size="sm">
          {children}
        </Text>
      )}
      {act && <Group mt="sm">{act}</Group>}
    </Stack>
  );
}

/** The final shape in grey, after 150 ms: a quick answer flashes nothing. */
export function Loading({ rows = 4, height = 44 }: { rows?: number; height?: number }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return null;
  return (
    <Stack gap="xs" aria-busy="true" aria-label={words.loading}>
      {Array.from({ length: rows }, (_, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and never move
        <Skeleton key={place} height={height} radius="md" />
      ))}
    </Stack>
  );
}

/** What went wrong, and the way on. */
export function Trouble({ error, again }: { error: unknown; again?: () => void }) {
  const away = error instanceof Problem && error.status === 0;
  const told = error instanceof Error ? error.message : String(error);
  return (
    <Alert
      color={away ? "gray" : "red"}
      title={away ? words.nothingWhileAway : words.cannotBeShown}
      icon={<Icon name={away ? "off" : "hand"} />}
      role="status"
    >
      <Text size="sm">{told}</Text>
      {error instanceof Problem && error.status !== 0 && (
        <Text size="xs" c="dimmed" mt={4}>
          {error.status} {error.code}
        </Text>
      )}
      {again && (
        <Button mt="sm" size="xs" variant="default" onClick={again}>
          {words.tryAgain}
        </Button>
      )}
    </Alert>
  );
}
