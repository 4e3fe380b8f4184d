// Why personal values are shown, as the server wants to hear it; nothing where they stay masked.
export function reasonHeaders(reason: string): Record<string, string> {
  return reason === '' ? {} : { 'Legato-Reason': encodeURIComponent(reason) }
}
