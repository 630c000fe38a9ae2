import type { IntegratorTexts } from "../texts.ts";

const texts: IntegratorTexts = {
  feed: "Ereignisse",
};

export default texts;
