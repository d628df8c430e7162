// A code while it lives: as a picture with its countdown, or as eight large characters.

import { Loader, RingProgress, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { get, path, workspace } from "@/api/client";
import { useNow } from "@/live/useLive";
import type { Device } from "@/model/device";
import { clock } from "@/model/pace";
import { words } from "@/words/devices";

const FIRST_S = 60;
const NEXT_S = 20;

const left = (of: Device, now: number): number =>
  of.codeExpiresAt === null ? 0 : Math.max(0, (new Date(of.codeExpiresAt).getTime() - now) / 1000);

/** 280 px, on white in dark mode too; nothing in place of a code that is dead. */
export function Picture({ of, linking }: { of: Device | null; linking: boolean }) {
  const now = useNow();
  const shown = of && !of.codeTyped && of.status === "qr_pending" && !linking && left(of, now) > 0;
  return (
    <div className="qr">
      {shown ? (
        <img
          src={path(`/devices/${of.id}/qr.svg`, { n: of.codeNumber, at: of.codeExpiresAt, workspace: workspace() })}
          alt={words.qrCode(of.codeNumber)}
          width={280}
          height={280}
          data-testid="qr"
          data-number={of.codeNumber}
        />
      ) : (
        <Text size="sm" c="#333" ta="center">
          <Loader size="sm" color="teal" />
          <br />
          {linking ? words.linking : words.comesSoon}
        </Text>
      )}
    </div>
  );
}

export function Countdown({ of }: { of: Device }) {
  const seconds = left(of, useNow());
  const whole = of.codeNumber === 1 ? FIRST_S : NEXT_S;
  return (
    <Text
      size="sm"
      className="num"
      data-testid="code-left"
      component="div"
      style={{ display: "flex", gap: 8, alignItems: "center" }}
    >
      <RingProgress
        size={26}
        thickness={4}
        sections={[{ value: Math.min(100, (100 * seconds) / whole), color: "teal" }]}
        aria-hidden
      />
      {words.codeLeft(clock(seconds))}
    </Text>
  );
}

export function Typed({ of }: { of: Device }) {
  const seconds = left(of, useNow());
  const whole = useQuery({
    queryKey: ["device-code", of.id, of.codeExpiresAt],
    queryFn: () => get<{ code: string | null }>(path(`/devices/${of.id}`)),
    staleTime: 0,
    gcTime: 0,
  });
  const code = seconds > 0 ? whole.data?.code : null;
  if (!code) return <Text size="sm">{words.codeOver}</Text>;
  return (
    <div role="status">
      <Text className="typed-code" data-testid="typed-code">
        {code}
      </Text>
      <Text size="sm" className="num">
        {words.goodFor(clock(seconds))}
      </Text>
    </div>
  );
}
