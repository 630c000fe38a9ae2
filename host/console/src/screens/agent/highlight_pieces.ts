import type { Span } from "../../text/utf8_span.ts";

/** A passage to mark; where several overlap, the one with the higher rank shows. */
export interface Mark extends Span {
  readonly style: string;
  readonly rank: number;
}

/** A part of the text under one style; without a style it is not marked. */
export interface Piece {
  readonly text: string;
  readonly style?: string;
}

/** Cuts a text at its marks. Together the pieces are the text. */
export function highlightPieces(text: string, marks: readonly Mark[]): Piece[] {
  const cuts = new Set([0, text.length]);
  for (const { start, end } of marks) {
    cuts.add(Math.min(start, text.length));
    cuts.add(Math.min(end, text.length));
  }
  const places = [...cuts].sort((a, b) => a - b);
  const pieces: Piece[] = [];
  for (let index = 0; index + 1 < places.length; index += 1) {
    const [start = 0, end = 0] = [places[index], places[index + 1]];
    const over = marks.filter((mark) => mark.start <= start && mark.end >= end);
    const top = over.reduce<Mark | undefined>((best, mark) => (!best || mark.rank > best.rank ? mark : best), undefined);
    pieces.push({ text: text.slice(start, end), ...(top ? { style: top.style } : {}) });
  }
  return pieces;
}
