// A block on the canvas, about as readers will see it. What the server makes of it stands in the preview.

import type { CSSProperties, ReactNode } from "react";
import { type Block, type Look, readableOn } from "@/model/design";
import { type Piece, readable, takenApart } from "@/model/marks";
import { words } from "@/words/templates";

const FONTS = { sans: "Arial, Helvetica, sans-serif", serif: "Georgia, 'Times New Roman', serif" };

export function Sight({ of, look }: { of: Exclude<Block, { kind: "columns" }>; look: Look }) {
  const style: CSSProperties = { fontFamily: FONTS[look.font], color: look.ink };
  switch (of.kind) {
    case "heading":
      return (
        <span className={`sight-heading-${of.level}`} style={{ ...style, textAlign: of.align }}>
          <Said text={of.text} accent={look.accent} empty={words.aHeading} />
        </span>
      );
    case "text":
      return (
        <span style={{ ...style, textAlign: of.align }}>
          <Said text={of.text} accent={look.accent} empty={words.writeSomething} />
        </span>
      );
    case "button":
      return (
        <span style={{ ...style, textAlign: of.align }}>
          <span className="sight-button" style={{ background: look.accent, color: readableOn(look.accent) }}>
            <Said text={of.text} accent={readableOn(look.accent)} empty="Button" />
          </span>
        </span>
      );
    case "picture":
      return (
        <span style={{ textAlign: of.align }}>
          <img src={of.src} alt={of.alt} style={{ width: of.width, maxWidth: "100%" }} />
        </span>
      );
    case "divider":
      return <span className="sight-line" />;
    case "space":
      return (
        <span className="sight-space" style={{ height: Math.max(16, of.height), color: look.ink }}>
          {of.height} px
        </span>
      );
    case "footer":
      return (
        <span className="sight-footer" style={style}>
          <Said text={of.text} accent={look.ink} empty="" />{" "}
          <span style={{ textDecoration: "underline" }}>{of.link || words.unsubscribe}</span>
        </span>
      );
  }
}

function Said({ text, accent, empty }: { text: string; accent: string; empty: string }) {
  const parts = takenApart(text);
  if (parts.length === 0) return <i>{empty}</i>;
  return parts.map((part, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a drawing, made anew each time
    <span key={at} className={part.list ? "sight-part sight-list" : "sight-part"}>
      {part.lines.map((line, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a drawing, made anew each time
        <span key={place} className="sight-line-of">
          {line.map((piece, number) => drawn(piece, accent, number))}
        </span>
      ))}
    </span>
  ));
}

function drawn(piece: Piece, accent: string, key: number): ReactNode {
  if (piece.is === "words") return piece.text;
  if (piece.is === "tag")
    return (
      <span key={key} className="sight-tag">
        {readable(piece.text, words.otherwise)}
      </span>
    );
  const within = piece.within.map((each, at) => drawn(each, accent, at));
  if (piece.is === "strong") return <b key={key}>{within}</b>;
  if (piece.is === "leaning") return <i key={key}>{within}</i>;
  return (
    <span key={key} style={{ color: accent, textDecoration: "underline" }}>
      {within}
    </span>
  );
}
