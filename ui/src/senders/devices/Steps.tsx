// The five attempts to reconnect: 5, 10, 20, 40, 80 s.

import { Icon } from "@/marks/icons";
import { type Device, steps } from "@/model/device";
import { words } from "@/words/devices";

export function Steps({ of }: { of: Device }) {
  return (
    <ol className="attempts num" aria-label={words.attempts}>
      {steps(of).map((each) => (
        <li key={each.seconds} data-step={each.state}>
          {each.seconds}
          <span className="hidden-words"> {words.secondsAnd(words.step[each.state])}</span>
          {each.state === "done" && <Icon name="cross" size={11} />}
          {each.state === "now" && <Icon name="dot" size={11} />}
        </li>
      ))}
    </ol>
  );
}
