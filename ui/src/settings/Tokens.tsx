// API tokens: made once, shown once.

import { Alert, Button, Checkbox, Code, CopyButton, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { act, get, path } from "@/api/client";
import type { NewToken, TokenBody, Tokens as TokenList } from "@/api/schema";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { day } from "@/model/words";
import { words } from "@/words/settings";
import { useConfirmed } from "./useConfirmed";

type Scope = NonNullable<TokenBody["scopes"]>[number];

const SCOPES: readonly Scope[] = ["read", "write", "send", "admin"];

export function Tokens() {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>(["read", "write", "send"]);
  const { confirmed, dialog } = useConfirmed();
  const found = useQuery({
    queryKey: ["tokens"],
    queryFn: async () => (await get<TokenList>(path("/tokens"))).items,
  });
  const changed = () => client.invalidateQueries({ queryKey: ["tokens"] });
  const make = useMutation({
    mutationFn: () =>
      confirmed(() => act<NewToken>({ method: "POST", route: "/tokens", body: { name: name || "api", scopes } })),
    onSuccess: () => {
      setName("");
      void changed();
    },
  });
  const revoke = useMutation({
    mutationFn: (id: string) => confirmed(() => act({ method: "DELETE", route: `/tokens/${id}` })),
    onSuccess: changed,
  });
  const alive = found.data?.filter((each) => !each.revoked_at) ?? [];
  return (
    <Stack>
      {dialog}
      <form
        className="card pad"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Group align="flex-end" gap="md">
          <TextInput
            label={words.tokens.name}
            placeholder={words.tokens.example}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Checkbox.Group label={words.tokens.itMay} value={scopes} onChange={setScopes}>
            <Group mt={8} gap="sm">
              {SCOPES.map((each) => (
                <Checkbox key={each} value={each} label={each} />
              ))}
            </Group>
          </Checkbox.Group>
          <Button type="submit" loading={make.isPending} disabled={scopes.length === 0}>
            {words.tokens.make}
          </Button>
        </Group>
        {make.error && (
          <Text size="sm" c="red" role="alert" mt="sm">
            {make.error.message}
          </Text>
        )}
        {make.data && (
          <Alert mt="md" title={words.tokens.shownOnce} color="green">
            <Group gap="sm">
              <Code style={{ overflowWrap: "anywhere" }}>{make.data.token}</Code>
              <CopyButton value={make.data.token}>
                {({ copied, copy }) => (
                  <Button size="xs" variant="default" onClick={copy}>
                    {copied ? words.copied : words.copy}
                  </Button>
                )}
              </CopyButton>
            </Group>
          </Alert>
        )}
      </form>
      {found.isPending && <Loading rows={2} />}
      {found.error && <Trouble error={found.error} again={() => void found.refetch()} />}
      {found.data && alive.length === 0 && <Empty icon="key" title={words.tokens.none} />}
      {alive.length > 0 && (
        <div className="card rows">
          {alive.map((each) => (
            <div key={each.id} className="row" style={{ gridTemplateColumns: "minmax(0,1fr) auto" }}>
              <div>
                <span className="name">{each.name}</span>
                <Text size="sm" c="dimmed">
                  {words.tokens.about(
                    each.scopes.join(", "),
                    day(each.created_at),
                    each.last_used_at ? day(each.last_used_at) : null,
                  )}
                </Text>
              </div>
              <Button size="xs" variant="default" onClick={() => revoke.mutate(each.id)}>
                {words.tokens.revoke}
              </Button>
            </div>
          ))}
        </div>
      )}
    </Stack>
  );
}
