import "./scoped-sandbox.ts";
