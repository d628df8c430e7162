// The five attempts to reconnect: 5, 10, 20, 40, 80 s.

import { Icon } from "@/marks/icons";
import { type Device, steps } from "@/model/device";

const WORDS = { done: "in vain", now: "waited for now", later: "to come" };

export function Steps({ of }: { of: Device }) {
  return (
    <ol className="attempts num" aria-label="Attempts to reconnect">
      {steps(of).map((each) => (
        <li key={each.seconds} data-step={each.state}>
          {each.seconds}
          <span className="hidden-words"> seconds, {WORDS[each.state]}</span>
          {each.state === "done" && <Icon name="cross" size={11} />}
          {each.state === "now" && <Icon name="dot" size={11} />}
        </li>
      ))}
    </ol>
  );
}
