export { type PromptOptions, toPrompt } from "./to-prompt.ts";
