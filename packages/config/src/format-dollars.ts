/** Formats an amount in US dollars: `$1.50`, `<$0.01`. */
export function formatDollars(usd: number): string {
  return usd > 0 && usd < 0.01 ? "<$0.01" : `$${usd.toFixed(2)}`;
}
