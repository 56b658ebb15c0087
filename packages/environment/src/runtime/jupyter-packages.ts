/** Packages for notebooks, installed apart from the sandbox's own packages and from each other. */
export const jupyterPackages = {
  server: ["jupyter_server>=2.17,<3"],
  kernel: ["ipykernel>=6.29,<8"],
} as const;
