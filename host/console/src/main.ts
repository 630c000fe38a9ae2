import "./styles/tokens.css";
import "./styles/base.css";
import { mount } from "svelte";
import App from "./shell/App.svelte";
import { common } from "./i18n/common.ts";

await common.load();
const target = document.getElementById("app");
if (target) mount(App, { target });
