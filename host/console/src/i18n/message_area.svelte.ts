// Texts of one area of the console in the language that is shown. Each area is a module per
// language, loaded with the area's screens.
import { preferences } from "../shell/preferences.svelte.ts";

export type Language = "en" | "de";

/** The type of a language's module, by the English one: the same names, other words. */
export type Translated<T> = {
  readonly [K in keyof T]: T[K] extends (...parameters: infer P) => string
    ? (...parameters: P) => string
    : T[K] extends string
      ? string
      : Translated<T[K]>;
};

type Loaders<T> = Record<Language, () => Promise<{ default: Translated<T> }>>;

/** The texts of an area. */
export class MessageArea<T> {
  readonly #loaders: Loaders<T>;
  #texts = $state.raw<Translated<T> | undefined>();
  #language: Language | undefined;

  constructor(loaders: Loaders<T>) {
    this.#loaders = loaders;
  }

  /** The texts; the area must be loaded, as the routes of its screens do. */
  get text(): Translated<T> {
    if (!this.#texts) throw new Error("the texts of this area are not loaded");
    return this.#texts;
  }

  /** Loads the texts of the language that is shown. */
  async load(): Promise<void> {
    const wanted = preferences.language;
    if (this.#language === wanted) return;
    const { default: texts } = await this.#loaders[wanted]();
    this.#texts = texts;
    this.#language = wanted;
    loaded.add(this);
  }
}

const loaded = new Set<{ load(): Promise<void> }>();

/** Changes the language of everything that is shown. */
export async function changeLanguage(language: Language): Promise<void> {
  preferences.set({ language });
  await Promise.all([...loaded].map((area) => area.load()));
}
