export { type RenderOptions, render, renderJson } from "./render.ts";
