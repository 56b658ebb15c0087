import { describeArguments } from "./conformance/arguments.ts";
import { isolations, useOwnHome } from "./support/home.ts";

useOwnHome();

for (const isolation of isolations) describeArguments({ backend: "local" }, isolation);
