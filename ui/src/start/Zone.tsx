// Asks once for the time zone of a workspace that nobody gave one, as where nobody signs in: the first owner is asked by the login.

import { Button, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { act } from "@/api/client";
import { useLink } from "@/live/useLive";
import { ZoneField } from "@/marks/ZoneField";
import { HERE } from "@/model/zone";
import { say } from "@/notices/toast";
import { words } from "@/words/home";

export function Zone({ workspace }: { workspace: string }) {
  const client = useQueryClient();
  const lost = useLink().status === "lost";
  const [zone, setZone] = useState(HERE);
  const keep = useMutation({
    mutationFn: () => act({ method: "PATCH", route: `/workspaces/${workspace}`, body: { zone } }),
    onSuccess: () => {
      say(words.zoneIs(zone));
      for (const queryKey of [["me"], ["workspaces"]]) void client.invalidateQueries({ queryKey });
    },
  });
  return (
    <form
      className="card pad"
      style={{ maxWidth: 420, margin: "0 auto 22px" }}
      onSubmit={(event) => {
        event.preventDefault();
        keep.mutate();
      }}
    >
      <Stack gap="sm">
        <ZoneField
          label={words.zone}
          description={words.whatZoneIsFor}
          zone={zone}
          choose={setZone}
          error={keep.error?.message}
        />
        <Button type="submit" variant="default" loading={keep.isPending} disabled={lost}>
          {words.keepZone}
        </Button>
      </Stack>
    </form>
  );
}
