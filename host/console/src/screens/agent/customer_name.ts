import type { Summary } from "../../api/shapes.ts";
import { texts } from "./texts.ts";

/** What a row calls its customer. */
export function customerName(row: Pick<Summary, "name" | "contact">): string {
  if (row.name) return row.name;
  return row.contact ? texts.text.list.contact(row.contact.slice(0, 6)) : texts.text.list.unknown;
}
