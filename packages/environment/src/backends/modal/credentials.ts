import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { EnvironmentError } from "../../errors.ts";

/** Whether a Modal account is configured. Does not load Modal's SDK, which is slow, and makes no request. */
export function hasCredentials(): boolean {
  const { MODAL_TOKEN_ID, MODAL_TOKEN_SECRET, MODAL_OAUTH_REFRESH_TOKEN } = process.env;
  if ((MODAL_TOKEN_ID && MODAL_TOKEN_SECRET) || MODAL_OAUTH_REFRESH_TOKEN) return true;
  return /^\s*(token_id|oauth_refresh_token)\s*=/m.test(profiles());
}

/** Identifies the settings from which the SDK chooses an account. */
export function account(): string {
  const names = Object.keys(process.env).filter((name) => name.startsWith("MODAL_"));
  return JSON.stringify([names.toSorted().map((name) => [name, process.env[name]]), profiles()]);
}

export function credentialsMissing(message: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError("environment/credentials-missing", message, {
    hint: 'Run `modal token new`, or set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET; or use `backend: "local"`.',
    cause,
  });
}

function profiles(): string {
  try {
    return readFileSync(process.env.MODAL_CONFIG_PATH || join(homedir(), ".modal.toml"), "utf8");
  } catch {
    return "";
  }
}
