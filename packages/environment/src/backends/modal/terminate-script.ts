// Run by terminate-now.ts in a child process.
import { ModalClient } from "modal";

interface Request {
  id?: string;
  tags?: Record<string, string>;
  app: string;
}

const { id, tags, app } = JSON.parse(process.argv[2] ?? "") as Request;
const { sandboxes, apps } = new ModalClient({ maxThrottleWaitSecs: 10 });
if (id !== undefined) await (await sandboxes.fromId(id)).terminate();
if (tags !== undefined) {
  const { appId } = await apps.fromName(app);
  for await (const sandbox of sandboxes.list({ appId, tags })) await sandbox.terminate();
}
process.exit(0);
