export { toLibrary } from "./to-library.ts";
