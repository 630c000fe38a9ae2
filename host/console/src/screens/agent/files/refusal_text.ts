// Why a file is not uploaded, as a person reads it.
import { formatBytes, formatNumber } from "../../../i18n/format.ts";
import { texts } from "../texts.ts";
import type { FileRefusal } from "./file_rules.ts";

export function refusalText(name: string, refusal: FileRefusal): string {
  const words = texts.text.composer;
  switch (refusal.kind) {
    case "count":
      return words.fileCount(formatNumber(refusal.limit));
    case "type":
      return words.fileType(name, refusal.endings.join(", "));
    case "size":
      return words.fileSize(name, formatBytes(refusal.limit));
    case "total":
      return words.fileTotal(formatBytes(refusal.limit));
    case "empty":
      return words.fileEmpty(name);
  }
}
