// The counts, each a filter of the table below.

import type { Counts } from "@/model/campaign";
import { number } from "@/model/words";
import { words } from "@/words/live";

const SHOWN = ["sent", "failed", "uncertain", "open", "skipped"] as const;

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
      {SHOWN.map((each) => (
        <button
          key={each}
          type="button"
          className="counter"
          aria-pressed={chosen === each}
          onClick={() => choose(each)}
          data-testid={`count-${each}`}
        >
          <b>{number(counts[each])}</b>
          <span>{words.shows[each]}</span>
        </button>
      ))}
    </div>
  );
}
