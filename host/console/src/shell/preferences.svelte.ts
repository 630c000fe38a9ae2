// What a person prefers in this browser. Holds no personal data.

type Theme = "system" | "light" | "dark";
type Density = "comfortable" | "compact";

interface Stored {
  theme: Theme;
  density: Density;
  language: "en" | "de";
  direction: "ltr" | "rtl";
  singleKeys: boolean;
  sound: boolean;
  openNext: boolean;
  zone: string;
}

const KEY = "patchbay.preferences";

function defaults(): Stored {
  return {
    theme: "system",
    density: "comfortable",
    language: navigator.language.toLowerCase().startsWith("de") ? "de" : "en",
    direction: "ltr",
    singleKeys: true,
    sound: true,
    openNext: true,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

function read(): Stored {
  try {
    return { ...defaults(), ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Stored>) };
  } catch {
    return defaults();
  }
}

class Preferences {
  #value = $state.raw(read());

  constructor() {
    this.#show();
    window.addEventListener("storage", ({ key }) => {
      if (key !== KEY) return;
      this.#value = read();
      this.#show();
    });
  }

  get theme(): Theme {
    return this.#value.theme;
  }
  get density(): Density {
    return this.#value.density;
  }
  get language(): "en" | "de" {
    return this.#value.language;
  }
  get direction(): "ltr" | "rtl" {
    return this.#value.direction;
  }
  /** Whether keys without a modifier are commands. */
  get singleKeys(): boolean {
    return this.#value.singleKeys;
  }
  get sound(): boolean {
    return this.#value.sound;
  }
  /** Whether the next conversation opens after one is resolved. */
  get openNext(): boolean {
    return this.#value.openNext;
  }
  /** The time zone of every time in the console. */
  get zone(): string {
    return this.#value.zone;
  }

  set(change: Partial<Stored>): void {
    this.#value = { ...this.#value, ...change };
    localStorage.setItem(KEY, JSON.stringify(this.#value));
    this.#show();
  }

  #show(): void {
    const root = document.documentElement;
    root.dataset.theme = this.#value.theme;
    root.dataset.density = this.#value.density;
    root.lang = this.#value.language;
    root.dir = this.#value.direction;
  }
}

export const preferences = new Preferences();
