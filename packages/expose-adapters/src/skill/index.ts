export { toSkill } from "./to-skill.ts";
