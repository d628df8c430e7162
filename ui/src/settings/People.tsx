// The people of this workspace: roles, invitations by single-use link, shutting out.

import { Alert, Button, Code, CopyButton, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { act, get, path } from "@/api/client";
import type { UserBody, UserChange } from "@/api/schema";
import { Empty, Loading, Trouble } from "@/marks/Empty";
import { day } from "@/model/words";
import { words } from "@/words/settings";
import { useConfirmed } from "./useConfirmed";

interface User {
  id: string;
  email: string;
  name: string;
  role: Role;
  codes: boolean;
  invited: boolean;
  disabled_at: string | null;
}

type Role = NonNullable<UserBody["role"]>;

interface Link {
  link: string;
  link_expires_at: string;
}

const ROLES: readonly Role[] = ["owner", "admin", "sender", "viewer"];
const chosen = (named: Record<Role, string>) => ROLES.map((value) => ({ value, label: named[value] }));

export function People() {
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("sender");
  const { confirmed, dialog } = useConfirmed();
  const found = useQuery({
    queryKey: ["users"],
    queryFn: async () => (await get<{ items: User[] }>(path("/users"))).items,
    retry: false,
  });
  const changed = () => client.invalidateQueries({ queryKey: ["users"] });
  const invite = useMutation({
    mutationFn: () =>
      confirmed(() => act<Link>({ method: "POST", route: "/users", body: { email: email.trim(), role } })),
    onSuccess: changed,
  });
  const change = useMutation({
    mutationFn: ({ id, body }: { id: string; body: UserChange }) =>
      confirmed(() => act({ method: "PATCH", route: `/users/${id}`, body })),
    onSuccess: changed,
  });
  const reset = useMutation({
    mutationFn: (id: string) => confirmed(() => act<Link>({ method: "POST", route: `/users/${id}/reset` })),
  });
  const link = reset.data ?? invite.data;
  const error = invite.error ?? change.error ?? reset.error;
  return (
    <Stack>
      {dialog}
      <form
        className="card pad"
        onSubmit={(event) => {
          event.preventDefault();
          reset.reset();
          invite.mutate();
        }}
      >
        <Group align="flex-end" gap="sm">
          <TextInput
            label={words.people.invite}
            type="email"
            required
            placeholder="name@example.org"
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <Select
            label={words.people.as}
            data={chosen(words.people.may)}
            value={role}
            onChange={(value) => value && setRole(value as Role)}
            allowDeselect={false}
            w={260}
          />
          <Button type="submit" loading={invite.isPending}>
            {words.people.makeInvitation}
          </Button>
        </Group>
        {error && (
          <Text size="sm" c="red" role="alert" mt="sm">
            {error.message}
          </Text>
        )}
        {link && <OneLink link={link} />}
      </form>
      {found.isPending && <Loading rows={2} />}
      {found.error && <Trouble error={found.error} again={() => void found.refetch()} />}
      {found.data?.length === 0 && (
        <Empty icon="user" title={words.people.nobodyYet}>
          {words.people.everybodyMay}
        </Empty>
      )}
      {(found.data?.length ?? 0) > 0 && (
        <div className="card rows">
          {found.data?.map((each) => (
            <div key={each.id} className="row" style={{ gridTemplateColumns: "minmax(0,1fr) auto" }}>
              <div>
                <span className="name">{each.name || each.email}</span>
                <Text size="sm" c="dimmed">
                  {[
                    each.email,
                    each.invited ? words.people.invited : "",
                    each.codes ? words.people.codesOn : "",
                    each.disabled_at ? words.people.isOut : "",
                  ]
                    .filter(Boolean)
                    .join(" · ")}
                </Text>
              </div>
              <Group gap="xs">
                <Select
                  aria-label={words.people.roleOf(each.email)}
                  size="xs"
                  data={chosen(words.people.role)}
                  value={each.role}
                  onChange={(value) => value && change.mutate({ id: each.id, body: { role: value as Role } })}
                  allowDeselect={false}
                  w={110}
                />
                <Button size="xs" variant="default" onClick={() => reset.mutate(each.id)}>
                  {words.people.newLink}
                </Button>
                <Button
                  size="xs"
                  variant="default"
                  onClick={() => change.mutate({ id: each.id, body: { disabled: !each.disabled_at } })}
                >
                  {each.disabled_at ? words.people.letIn : words.people.shutOut}
                </Button>
              </Group>
            </div>
          ))}
        </div>
      )}
    </Stack>
  );
}

function OneLink({ link }: { link: Link }) {
  const whole = link.link.startsWith("/") ? location.origin + link.link : link.link;
  return (
    <Alert mt="md" color="green" title={words.people.goodOnce(day(link.link_expires_at))}>
      <Group gap="sm">
        <Code style={{ overflowWrap: "anywhere" }}>{whole}</Code>
        <CopyButton value={whole}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy}>
              {copied ? words.copied : words.copy}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Alert>
  );
}
