/** The first of the names, and how many more there are: a line of a thousand tasks is read by nobody. */
export function shortened(names: readonly string[], most = 10): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
