// Has no static imports, so that even an old Node gets as far as the version check.
import("@seer/config/check-node-version")
  .then(() => import("./run.ts"))
  .then(({ run }) => run(process.argv.slice(2)))
  .then(
    (exitCode) => {
      process.exitCode = exitCode;
    },
    (error: Error & { code?: unknown }) => {
      if (error.code !== "config/node-too-old") throw error;
      console.error(`error: ${error.message}`);
      process.exitCode = 1;
    },
  );
