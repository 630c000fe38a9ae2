// What an approval says.
import type { Approval, Finding } from "../../api/shapes.ts";
import { toUtf16Spans } from "../../text/utf8_span.ts";
import { type Piece, highlightPieces } from "../agent/highlight_pieces.ts";

/** Tells approvals apart. */
export const approvalKey = (item: Approval): string => `${item.conversation}/${item.reply}`;

/** The draft in pieces: those that findings concern are marked. */
export function draftPieces(text: string, findings: readonly Finding[]): Piece[] {
  const spans = findings.flatMap(({ start, end }) => (typeof start === "number" && typeof end === "number" && end > start ? [{ start, end }] : []));
  return highlightPieces(
    text,
    toUtf16Spans(text, spans).map((span) => ({ ...span, style: "found", rank: 0 })),
  );
}

/** The words that a finding concerns. */
export function passageOf(text: string, { start, end }: Finding): string {
  if (typeof start !== "number" || typeof end !== "number") return "";
  const [span] = toUtf16Spans(text, [{ start, end }]);
  return span ? text.slice(span.start, span.end) : "";
}
