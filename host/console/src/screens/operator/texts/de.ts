import type { OperatorTexts } from "../texts.ts";

const texts: OperatorTexts = {
  health: "Zustand",
};

export default texts;
