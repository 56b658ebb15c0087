/** A model of half a megabyte, at a commit that does not change. */
export const tinyModel = {
  name: "hf-internal-testing/tiny-random-gpt2",
  revision: "71034c5d8bde858ff824298bdedc65515b97d2b9",
} as const;
