// A text field for source: line numbers beside it, and Tab goes to the next field as everywhere (two spaces by Ctrl-]).

import { useRef } from "react";

interface Props {
  label: string;
  value: string;
  set: (value: string) => void;
  onSelect: (event: React.SyntheticEvent<HTMLTextAreaElement>) => void;
  /** Of files that were let fall onto it. */
  drop: (files: File[]) => void;
  error: string | undefined;
  placeholder?: string;
}

export function Code({
  label,
  value,
  set,
  onSelect,
  drop,
  error,
  placeholder = "<p>Hello {{ first_name }},</p>",
}: Props) {
  const numbers = useRef<HTMLPreElement>(null);
  const lines = value.split("\n").length;
  const indent = (event: React.KeyboardEvent<HTMLTextAreaElement>) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "]") return;
    event.preventDefault();
    const { selectionStart } = event.currentTarget;
    const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
    set(`${value.slice(0, start)}  ${value.slice(start)}`);
  };
  return (
    <div>
      <div className="code" data-wrong={error ? true : undefined}>
        <pre ref={numbers} aria-hidden="true">
          {Array.from({ length: lines }, (_, place) => place + 1).join("\n")}
        </pre>
        <textarea
          aria-label={label}
          aria-invalid={error ? true : undefined}
          value={value}
          onChange={(event) => set(event.currentTarget.value)}
          onSelect={onSelect}
          onKeyDown={indent}
          onDrop={(event) => {
            if (event.dataTransfer.files.length === 0) return;
            event.preventDefault();
            drop([...event.dataTransfer.files]);
          }}
          onScroll={(event) => {
            if (numbers.current) numbers.current.scrollTop = event.currentTarget.scrollTop;
          }}
          spellCheck={false}
          wrap="off"
          rows={20}
          placeholder={placeholder}
        />
      </div>
      {error && (
        <p className="small" role="alert" style={{ color: "light-dark(#9b1616, #ffb3b3)", margin: "4px 0 0" }}>
          {error}
        </p>
      )}
    </div>
  );
}
