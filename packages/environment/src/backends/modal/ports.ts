const first = 8800;
const count = 12;

/** What a sandbox may listen on for the outside, which Modal must know when it starts. */
export const ports: readonly number[] = Array.from({ length: count }, (_, index) => first + index);
