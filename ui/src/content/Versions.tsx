// Every version that was kept: look at one in the editor, or bring it back.

import { Button, Group, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { act, get, path } from "@/api/client";
import type { TemplateVersion } from "@/api/schema";
import { useLink } from "@/live/useLive";
import { who } from "@/model/who";
import { time } from "@/model/words";
import { say } from "@/notices/toast";
import { useMe } from "@/reading/people";
import { type FullTemplate, type Source, sourceOf, type Template } from "@/reading/templates";
import { words } from "@/words/templates";

const FEW = 5;

export function Versions({ of, take }: { of: FullTemplate; take: (parts: Source) => void }) {
  const me = useMe();
  const client = useQueryClient();
  const lost = useLink().status === "lost";
  const [all, setAll] = useState(false);
  const shown = all ? of.versions : of.versions.slice(0, FEW);
  const restore = useMutation({
    mutationFn: (version: number) =>
      act<Template>({ method: "POST", route: `/templates/${of.id}/restore`, body: { version } }),
    onSuccess: (told, version) => {
      say(words.isBack(version, told.version));
      localStorage.removeItem(`homing.template.${of.id}`);
      void client.invalidateQueries({ queryKey: ["template"] });
      void client.invalidateQueries({ queryKey: ["templates"] });
    },
    onError: (error) => say(words.notBroughtBack, error.message, "red"),
  });
  const look = async (version: number) => {
    try {
      take(sourceOf(await get<TemplateVersion>(path(`/templates/${of.id}/versions/${version}`))));
    } catch (error) {
      say(words.notShown, (error as Error).message, "red");
    }
  };
  return (
    <section className="card" style={{ marginTop: 14 }} data-testid="versions">
      <Title order={2} size="h5" p="sm" pb={4}>
        {words.versions}
      </Title>
      <div className="rows">
        {shown.map((each) => (
          <div
            key={each.version}
            className="row"
            style={{ gridTemplateColumns: "minmax(0,1fr) auto", padding: "9px 14px" }}
          >
            <div style={{ minWidth: 0 }}>
              <Text size="sm" fw={600} component="span">
                {each.version === of.version ? words.versionNow(each.version) : each.version}
              </Text>
              <Text size="sm" c="dimmed" truncate="end">
                {who(each.by, me.data)} · {time(each.at)}
                {each.subject ? ` · ${each.subject}` : ""}
              </Text>
            </div>
            {each.version !== of.version && (
              <Group gap={6}>
                <Button size="xs" variant="default" onClick={() => void look(each.version)} disabled={lost}>
                  {words.look}
                </Button>
                <Button
                  size="xs"
                  variant="default"
                  loading={restore.isPending && restore.variables === each.version}
                  disabled={lost}
                  onClick={() => restore.mutate(each.version)}
                  aria-label={words.restoreVersion(each.version)}
                >
                  {words.restore}
                </Button>
              </Group>
            )}
          </div>
        ))}
      </div>
      {of.versions.length > FEW && !all && (
        <Group justify="center" p="xs">
          <Button size="xs" variant="subtle" onClick={() => setAll(true)}>
            {words.all(of.versions.length)}
          </Button>
        </Group>
      )}
      {of.used_in.length > 0 && (
        <Text size="sm" p="sm" style={{ borderTop: "1px solid var(--line)" }}>
          <span className="dim">{words.takenOverBy}</span>{" "}
          {of.used_in.map((each, place) => (
            <span key={each.id}>
              {place > 0 && ", "}
              <Link href={`/campaigns/${each.id}`}>{each.name}</Link>
            </span>
          ))}
        </Text>
      )}
    </section>
  );
}
