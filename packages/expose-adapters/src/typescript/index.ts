export { toTypeScript } from "./to-typescript.ts";
