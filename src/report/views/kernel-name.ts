/** The name of a kernel in titles. */
export function kernelName({ release }: { readonly release: string | null }): string {
  return release === null ? 'Linux of unknown release' : `Linux ${release}`;
}
