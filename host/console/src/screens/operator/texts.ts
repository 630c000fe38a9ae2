import { MessageArea, type Translated } from "../../i18n/message_area.svelte.ts";
import type en from "./texts/en.ts";

export type OperatorTexts = Translated<typeof en>;

export const texts = new MessageArea<typeof en>({
  en: () => import("./texts/en.ts"),
  de: () => import("./texts/de.ts"),
});
