// After a start of the server: which devices are being restored, and how each came out of it.

import { Button, Group, Text, Title } from "@mantine/core";
import { useEffect, useState } from "react";
import { useLayer } from "@/live/useLive";
import { Icon } from "@/marks/icons";
import { type Device, deviceLook } from "@/model/device";
import { words } from "@/words/devices";

const SHOWN_MS = 60_000;

export function Restoring({ devices }: { devices: Device[] }) {
  const layer = useLayer();
  const [seen, setSeen] = useState(false);
  useEffect(
    () =>
      layer.onFacts((facts) => {
        if (facts.some((each) => each.kind === "whatsapp-status" && each.body.reason === "restart")) setSeen(true);
      }),
    [layer],
  );
  const busy = devices.some((each) => each.reason === "restart");
  const shown = seen || busy;
  useEffect(() => {
    if (!seen || busy) return;
    const timer = setTimeout(() => setSeen(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [seen, busy]);
  if (!shown || devices.length === 0) return null;
  return (
    <section className="card pad" style={{ marginBottom: 14 }} aria-label={words.restored} data-testid="restoring">
      <Group justify="space-between" mb={6}>
        <Title order={2} size="h5">
          {busy ? words.restoring : words.areRestored}
        </Title>
        {!busy && (
          <Button size="compact-sm" variant="subtle" color="gray" onClick={() => setSeen(false)}>
            {words.hide}
          </Button>
        )}
      </Group>
      <div role="status">
        {devices.map((each) => (
          <Text size="sm" key={each.id} data-restored={each.name}>
            <Icon name={each.reason === "restart" ? "wait" : deviceLook(each.status).icon} size={13} />{" "}
            {each.reason === "restart"
              ? words.isRestoring(each.name)
              : words.cameOut(
                  each.name,
                  each.reason === "logged_out" ? words.asksForScan : deviceLook(each.status).label,
                )}
          </Text>
        ))}
      </div>
    </section>
  );
}
