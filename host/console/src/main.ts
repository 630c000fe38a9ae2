import "./styles/tokens.css";
import "./styles/base.css";
import { mount } from "svelte";
import App from "./shell/App.svelte";
import { common } from "./i18n/common.ts";
import { session } from "./shell/session.svelte.ts";

// The host says who the person is while the texts load.
void session.start();
await common.load();
const target = document.getElementById("app");
if (target) mount(App, { target });
