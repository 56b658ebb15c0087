// Each package imports this first, so it must run on every Node version that supports ES modules.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  throw Object.assign(
    new Error(
      `Seer needs Node 22.18 or newer, and this is Node ${process.versions.node} (${process.execPath}). Install a newer one from nodejs.org.`,
    ),
    { code: "config/node-too-old" },
  );
}

export {};
