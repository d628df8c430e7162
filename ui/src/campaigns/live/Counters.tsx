// The counts, each a filter of the table below.

import type { Counts } from "@/model/campaign";
import { number } from "@/model/words";

const SHOWN = [
  ["sent", "Sent", "sent"],
  ["failed", "Failed", "failed"],
  ["uncertain", "Uncertain", "uncertain"],
  ["open", "Remaining", "open"],
  ["skipped", "Skipped", "skipped"],
] as const;

export function Counters({
  counts,
  chosen,
  choose,
}: {
  counts: Counts;
  chosen: string;
  choose: (show: string) => void;
}) {
  return (
    <div className="counters">
      {SHOWN.map(([key, name, show]) => (
        <button
          key={key}
          type="button"
          className="counter"
          aria-pressed={chosen === show}
          onClick={() => choose(show)}
          data-testid={`count-${key}`}
        >
          <b>{number(counts[key])}</b>
          <span>{name}</span>
        </button>
      ))}
    </div>
  );
}
